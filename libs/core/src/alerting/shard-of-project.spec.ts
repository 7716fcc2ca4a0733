import fc from 'fast-check';
import { asId, type ProjectId } from '../common/ids';
import { shardOfProject } from './shard-of-project';

describe('shardOfProject', () => {
  it('never changes, because two versions of the worker may run side by side', () => {
    const projects = ['default', 'shop', 'b7c0a2de-6f0f-5a43-9d0c-6f3a1d6f5b11', ''];
    expect(projects.map((id) => shardOfProject(asId<ProjectId>(id), 7))).toMatchInlineSnapshot(`
     [
       4,
       3,
       2,
       2,
     ]
    `);
  });

  it('gives every project one shard that exists', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 256 }), (id, shards) => {
        const shard = shardOfProject(asId<ProjectId>(id), shards);
        expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
      }),
    );
  });

  it('spreads projects evenly enough', () => {
    const counts = new Array<number>(8).fill(0);
    for (let index = 0; index < 8000; index++) {
      const shard = shardOfProject(asId<ProjectId>(`project-${index}`), 8);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(700);
    expect(Math.max(...counts)).toBeLessThan(1300);
  });
});
