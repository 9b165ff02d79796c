/** What must be undone however the bench ends: processes, folders, network namespaces. */

/** Undoes what was registered, the last first, each once. */
export interface Cleanup {
  /** Registers a step; the answer undoes it now. */
  add(undo: () => unknown): () => Promise<void>;
  /** Undoes everything. Nothing new is begun from then on. */
  all(): Promise<void>;
  /** Throws once everything is being undone. */
  check(): void;
}

export function createCleanup(): Cleanup {
  const steps = new Set<() => unknown>();
  let closing = false;

  async function once(step: () => unknown): Promise<void> {
    if (steps.delete(step)) await step();
  }

  return {
    add(undo) {
      const step = () => undo();
      steps.add(step);
      return () => once(step);
    },
    async all() {
      closing = true;
      for (let step = [...steps].at(-1); step !== undefined; step = [...steps].at(-1)) {
        try {
          await once(step);
        } catch (error) {
          process.stderr.write(`Could not clean up: ${String(error)}\n`);
        }
      }
    },
    check() {
      if (closing) throw new Error("The bench is ending");
    },
  };
}
