import type { IncomingMessage } from 'node:http';
import type { RequestIdOptions as CoreOptions } from '@request-context/core';

/** Options of `withRequestId`, `requestId` and `attach`; their functions are given Node's request. */
export type RequestIdOptions<Req = IncomingMessage> = CoreOptions<Req>;
