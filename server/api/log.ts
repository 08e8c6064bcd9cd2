/** Where the process writes what people who run it should know; pino fits. */
export type Log = {
  readonly info: (about: object, message: string) => void;
  readonly warn: (about: object, message: string) => void;
  readonly error: (about: object, message: string) => void;
};
