declare module '@request-context/core' {
  interface ContextValues {
    tenant: unknown;
    card: string;
    trace: string;
  }
}

export {};
