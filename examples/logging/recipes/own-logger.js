import { requestFields } from '@request-context/logging';

export const logger = {
  /** @param {string} message */
  info(message) {
    process.stdout.write(`${JSON.stringify({ ...requestFields(), message })}\n`);
  },
};
