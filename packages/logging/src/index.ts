export { escapeText } from './escape-text.ts';
export type { ContextKey, FieldOptions, LogFields } from './field-reader.ts';
export { requestFields } from './request-fields.ts';
