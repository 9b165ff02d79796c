/** The few colours the output uses, named by what they say. */
import { Chalk } from "chalk";

/** Paints a text, or returns it as it is. */
export type Paint = (text: string) => string;

/** Colours by meaning. Every one of them also reads without colour: none carries information alone. */
export interface Colors {
  heading: Paint;
  /** Of lesser weight: units, digests, what is as expected. */
  quiet: Paint;
  good: Paint;
  warn: Paint;
  bad: Paint;
  /** Something to type. */
  command: Paint;
}

/** The colours, or their plain stand-ins. Only the 16 basic colours are used, which follow the user's theme. */
export function createColors(enabled: boolean): Colors {
  const chalk = new Chalk({ level: enabled ? 1 : 0 });
  return {
    heading: (text) => chalk.bold(text),
    quiet: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    warn: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
    command: (text) => chalk.cyan(text),
  };
}
