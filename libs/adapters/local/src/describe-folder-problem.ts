const FULL = 'the disk of the folder of files is full: free space or add some';
const NO_RIGHT = 'the folder of files may not be read or written: give this process the right to';
const NO_DESCRIPTOR =
  'this process may open no more files: raise its limit (ulimit -n, LimitNOFILE), or let fewer clients keep connections open';
const PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: NO_RIGHT,
  EPERM: NO_RIGHT,
  EROFS: NO_RIGHT,
  EMFILE: NO_DESCRIPTOR,
  ENFILE: NO_DESCRIPTOR,
};
const OTHER = 'the folder of files cannot be read or written: check its rights and the disk';

/**
 * Why a file could not be read or written, and what to do, in words for whoever runs OpsPilot.
 * @param code that of Node; empty where there is none
 */
export function describeFolderProblem(code: string): string {
  return PROBLEMS[code] ?? OTHER;
}
