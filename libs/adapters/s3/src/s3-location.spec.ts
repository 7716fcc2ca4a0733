import { readS3Location } from './s3-location';

describe('readS3Location', () => {
  it.each([
    [
      's3://key:se%2Fcret@s3.eu-west-1.amazonaws.com/files?region=eu-west-1',
      {
        endpoint: 'https://s3.eu-west-1.amazonaws.com',
        region: 'eu-west-1',
        bucket: 'files',
        credentials: { accessKeyId: 'key', secretAccessKey: 'se/cret' },
      },
    ],
    ['s3+http://minio:9000/files/', { endpoint: 'http://minio:9000', region: 'us-east-1', bucket: 'files' }],
    ['s3://minio:9000', undefined],
    ['s3:///files', undefined],
    ['s3://minio/files/folder', undefined],
    ['s3://key:50%off@minio/files', undefined],
  ])('reads %s', (url, location) => {
    expect(readS3Location(url)).toEqual(location);
  });
});
