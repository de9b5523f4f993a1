import type { HttpScenario } from '../http-scenario.ts';

const bad = [
  ['unknown', 'an unknown option', { maxLenght: 1 }, 'maxLenght'],
  ['value', 'an option with a bad value', { trust: 'everybody' }, 'trust'],
  ['type', 'an option of another type', { generate: 'id' }, 'generate'],
] as const;

/** Options that are wrong at set-up. */
export const optionsScenarios: readonly HttpScenario[] = bad.map(
  ([id, what, options, option]): HttpScenario => ({
    id: `options-${id}`,
    title: `throw at set-up for ${what}, and name it`,
    setup: { options: options as object },
    probes: [],
    routes: {},
    rejects: { code: 'ERR_INVALID_OPTION', option },
  }),
);
