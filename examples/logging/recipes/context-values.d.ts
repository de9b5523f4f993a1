declare module '@request-context/express' {
  interface ContextValues {
    tenant: unknown;
    card: string;
    trace: string;
  }
}

export {};
