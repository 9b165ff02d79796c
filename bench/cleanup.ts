/** What must be undone however the bench ends: processes, folders, network namespaces. */

/** Undoes what was registered, the last first, each once. */
export interface Cleanup {
  /** Registers a step; the answer undoes it now. */
  add(undo: () => unknown): () => Promise<void>;
  all(): Promise<void>;
}

export function createCleanup(): Cleanup {
  const steps = new Set<() => unknown>();

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
      for (const step of [...steps].reverse()) {
        try {
          await once(step);
        } catch (error) {
          process.stderr.write(`Could not clean up: ${String(error)}\n`);
        }
      }
    },
  };
}
