/** The runtimes that the suite is run on, in the order of the matrix. */
export const runtimes = ['node-20', 'node-22', 'node-24', 'node-26', 'bun', 'deno'] as const;

export type RuntimeName = (typeof runtimes)[number];

/** What this process runs on: its name among the runtimes, or one of the same form, and its version. */
export function currentRuntime(): { readonly name: string; readonly version: string } {
  // Bun and Deno name a version of Node too: the one they take after.
  const { bun, deno, node } = process.versions as Readonly<Record<string, string>>;
  if (bun !== undefined) return { name: 'bun', version: bun };
  if (deno !== undefined) return { name: 'deno', version: deno };
  const version = node ?? '';
  return { name: `node-${version.split('.')[0]}`, version };
}
