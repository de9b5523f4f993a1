import { patchConsole } from '@request-context/logging/console';

patchConsole();

export const logger = console;
