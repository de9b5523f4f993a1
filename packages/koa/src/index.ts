export { context, getRequestId } from '@request-context/core';
export { type RequestIdOptions, requestId } from './request-id.ts';
