/** Returns whether two names of a header are the same, in upper or lower case. */
export function isSameName(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}
