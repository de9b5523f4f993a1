import { differing, firstDifference, sectionsOf, wrongIds } from './compare.js';
import { Runner } from './pool.js';

/** How often a difference must show, and runs without the library must agree. */
const confirmations = 3;

/** Runs apps with the library and without, and finds how the runs differ. */
export class Differential {
  #without = new Runner(false);
  #with = new Runner(true);
  /** The number of apps whose differences did not show each time, or showed without the library too. */
  skipped = 0;

  /**
   * @param {any} app
   * @param {boolean} [isShrinking] - Whether a difference is known, and needs one confirmation only.
   * @returns {Promise<string[]>} The differences.
   */
  async judge(app, isShrinking = false) {
    const times = isShrinking ? 1 : confirmations;
    const isFirst = app.isFirst || !isShrinking;
    const [without, within] = await Promise.all([
      this.#without.run(app, app.isFirst),
      this.#with.run(app, app.isFirst),
    ]);
    if (without.failed !== undefined) return [`the app does not run: ${without.failed}`];
    const ids = wrongIds(app, within);
    const reference = sectionsOf(app, without);
    let names = differing(reference, sectionsOf(app, within));
    let wrong = ids;
    let seen = sectionsOf(app, within);
    if (names.length === 0 && wrong.length === 0) return [];
    const before = [
      ...names.map((name) => [name, firstDifference(reference.get(name), seen.get(name))]),
      ...wrong,
    ];
    // Drops what also differs between two runs without the library, or does not differ each time.
    for (let n = 0; n < times && names.length + wrong.length > 0; n += 1) {
      const [again, againWithin] = await Promise.all([
        this.#without.run(app, isFirst),
        this.#with.run(app, isFirst),
      ]);
      const unstable = new Set(differing(reference, sectionsOf(app, again)));
      seen = sectionsOf(app, againWithin);
      const still = new Set(differing(reference, seen));
      names = names.filter((name) => !unstable.has(name) && still.has(name));
      const stillWrong = new Set(wrongIds(app, againWithin));
      // A foreign id is wrong even if it shows only once.
      wrong = wrong.filter((problem) => /foreign|another/.test(problem) || stillWrong.has(problem));
    }
    if (names.length + wrong.length === 0) {
      this.skipped += 1;
      if (process.env.SHOW_SKIPPED)
        console.log('skipped', JSON.stringify(before), JSON.stringify(app));
      return [];
    }
    // The tracks of a request are more precise than its section for all tracks.
    const isPart = (/** @type {string} */ name) =>
      names.some((other) => other.startsWith(`${name} `) && name.startsWith('request'));
    return [
      ...wrong,
      ...names
        .filter((name) => !isPart(name))
        .map((name) => {
          const lines = firstDifference(reference.get(name), seen.get(name));
          return `${name} differs\n    without: ${lines.without}\n    with:    ${lines.with}`;
        }),
    ];
  }

  stop() {
    this.#without.stop();
    this.#with.stop();
  }
}

/**
 * Returns the kind of a difference: its text without ids and numbers.
 *
 * @param {string} problem
 */
export function kindOf(problem) {
  // All events that one wrapper misses are one kind.
  const wrapper = /wrapper \S+ differs/.exec(problem);
  if (wrapper !== null) return wrapper[0];
  return problem
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
    .replace(/id-[\d.]+/g, 'id')
    .replace(/\d+/g, '#');
}
