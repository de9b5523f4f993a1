export { escapeText } from './escape-text.ts';
export { type ContextKey, type FieldOptions, type LogFields, requestFields } from './fields.ts';
