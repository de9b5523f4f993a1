/** Whether the runtime's own `fetch` is undici's, as in Node. Those of Bun and Deno have no dispatcher and no channels. */
export const hasBuiltInUndici: boolean = !('Bun' in globalThis) && !('Deno' in globalThis);
