/** What a hosting service is, to those who ask it with a user's login and explain its refusals. */
import type { Refusal } from "./http-answer.js";

/** A token, and where the user keeps it. */
export interface Token {
  value: string;
  /** Name of a variable, or path of a file. */
  from: string;
}

/** A service with tokens of its own. */
export interface Service {
  /** Whether a URL is the service's, and takes its token. */
  serves(url: URL): boolean;
  token(): Promise<Token | undefined>;
  /** What a refusal means, and what to do; `from`: where the token that was sent came from. */
  hint(refusal: Refusal, url: URL, from: string | undefined): string | undefined;
  /** Headers that a URL needs, whoever asks. */
  headers?(url: URL): Record<string, string>;
}
