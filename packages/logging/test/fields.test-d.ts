// Checked by tsc only, under exactOptionalPropertyTypes: an option may be undefined.
import type { FieldOptions } from '@request-context/logging';

export const options: FieldOptions = { keys: undefined };
