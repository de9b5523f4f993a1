/** Returns the name of what this process runs on, such as `node-24` or `bun`, and its version. */
export function currentRuntime(): { readonly name: string; readonly version: string } {
  // Bun and Deno name the version of Node that they follow too.
  const { bun, deno, node } = process.versions as Readonly<Record<string, string>>;
  if (bun !== undefined) return { name: 'bun', version: bun };
  if (deno !== undefined) return { name: 'deno', version: deno };
  const version = node ?? '';
  return { name: `node-${version.split('.')[0]}`, version };
}
