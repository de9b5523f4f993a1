/** Options that no entry takes: what is wrong, the options, the name that the error must tell. */
export const badOptions: [problem: string, options: unknown, option: string][] = [
  ['null', null, 'options'],
  ['a string', 'requestId', 'options'],
  ['an array', ['requestId'], 'options'],
  ['an unknown option', { key: ['requestId'] }, 'key'],
  ['an unknown option that is undefined', { keys: ['requestId'], rename: undefined }, 'rename'],
  ['keys: a string', { keys: 'requestId' }, 'keys'],
  ['keys: null', { keys: null }, 'keys'],
  ['keys: none', { keys: [] }, 'keys'],
  ['keys: none, by an object', { keys: {} }, 'keys'],
  ['keys: a number', { keys: [1] }, 'keys'],
  ['keys: an empty name', { keys: [''] }, 'keys'],
  ['keys: twice the same', { keys: ['tenant', 'tenant'] }, 'keys'],
  ['a field without a name', { keys: { requestId: '' } }, 'keys'],
  ['a field that is no string', { keys: { requestId: true } }, 'keys'],
  ['a field that cannot be set', { keys: { requestId: '__proto__' } }, 'keys'],
  ['one field for two values', { keys: { requestId: 'id', tenant: 'id' } }, 'keys'],
];
