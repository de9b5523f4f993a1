import { join } from 'node:path';

/** The folder to serve, with `public/file.txt` in it. */
export const publicFolder: string = join(import.meta.dirname, '../fixtures');
