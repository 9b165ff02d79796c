/** What is going on at this moment, gathered from the events of a run. */
import type { AssetEvent } from "../events.js";
import { Rate, timeLeft } from "./rate.js";

/** Why no bytes arrive just now. Times as the injected clock tells them. */
export type Note =
  | { kind: "retry"; attempt: number; dueAt: number }
  | { kind: "fallback"; to: string }
  | { kind: "wait"; owner: string };

/** One file or archive that is being worked on. */
export interface Transfer {
  path: string;
  /** Bytes that are here. Never falls, except where the run said that it starts over. */
  received: number;
  size: number | undefined;
  /** When it was first heard of. */
  since: number;
  /** Without the bytes that were here already. */
  rate: Rate;
  note: Note | undefined;
}

/** Files that are already here being hashed. */
export interface Inspection {
  /** When it began. */
  since: number;
  totalFiles: number;
  bytes: number;
  totalBytes: number;
  /** From 0 to 1. */
  fraction: number;
  rate: Rate;
}

/** Everything that is to be fetched, as one. */
export interface Total {
  files: number;
  done: number;
  failed: number;
  received: number;
  /** Undefined while the size of some file is unknown. */
  size: number | undefined;
  /** From 0 to 1: of the bytes, or of the files where bytes cannot tell. */
  fraction: number;
  speed: number | undefined;
  /** Milliseconds. */
  left: number | undefined;
}

/** A picture of a run that is brought up to date by its events. */
export interface Progress {
  apply(event: AssetEvent): void;
  /** In the order in which they began. */
  readonly active: ReadonlyMap<string, Transfer>;
  readonly inspection: Inspection | undefined;
  /** Undefined where nothing is to be fetched. */
  total(): Total | undefined;
}

/** What the total has to know of a file or archive, also when it is not active. */
interface Share {
  size: number | undefined;
  received: number;
  state: "open" | "done" | "failed";
  /** Cut out of an archive, whose bytes arrived as the archive's, or copied from elsewhere on this machine. */
  unpacked: boolean;
}

/** An empty picture. `now` gives milliseconds. */
export function createProgress(now: () => number): Progress {
  const active = new Map<string, Transfer>();
  const files = new Map<string, Share>();
  const archives = new Map<string, Share>();
  let inspection: Inspection | undefined;
  let rate: Rate | undefined;
  let reached = 0;

  function touch(path: string): Transfer {
    const known = active.get(path);
    if (known) return known;
    const size = files.get(path)?.size;
    const transfer = { path, received: 0, size, since: now(), rate: new Rate(now()), note: undefined };
    active.set(path, transfer);
    return transfer;
  }

  function share(path: string): Share | undefined {
    return files.get(path) ?? archives.get(path);
  }

  function start(event: AssetEvent & { type: "transfer:start" }): void {
    const transfer = touch(event.path);
    const { path, received, size } = event;
    if (event.kind === "archive") archives.set(path, { size, received, state: "open", unpacked: false });
    const known = share(path);
    if (known) known.unpacked = event.kind === "member" || event.kind === "copy";
    rate ??= new Rate(now());
    transfer.rate = new Rate(now());
    transfer.note = undefined;
    reach(transfer, Math.max(transfer.received, received), size);
  }

  function advance(event: AssetEvent & { type: "transfer:progress" }): void {
    const transfer = touch(event.path);
    const more = event.received - transfer.received;
    transfer.note = undefined;
    transfer.rate.add(now(), more);
    if (!share(event.path)?.unpacked) rate?.add(now(), more);
    reach(transfer, Math.max(transfer.received, event.received), event.size);
  }

  function reach(transfer: Transfer, received: number, size: number | undefined): void {
    const known = share(transfer.path);
    transfer.received = received;
    transfer.size = size ?? transfer.size;
    if (!known) return;
    known.received = received;
    known.size = transfer.size;
  }

  function inspect(event: AssetEvent & { type: "inspect:progress" }): void {
    const { totalFiles, totalBytes } = event;
    const measured = inspection?.rate ?? new Rate(now());
    measured.add(now(), event.bytes - (inspection?.bytes ?? 0));
    const fraction = totalBytes > 0 ? event.bytes / totalBytes : totalFiles > 0 ? event.files / totalFiles : 1;
    const bytes = Math.max(event.bytes, inspection?.bytes ?? 0);
    inspection = {
      since: inspection?.since ?? now(),
      totalFiles,
      bytes,
      totalBytes,
      fraction: Math.min(1, Math.max(fraction, inspection?.fraction ?? 0)),
      rate: measured,
    };
  }

  function apply(event: AssetEvent): void {
    switch (event.type) {
      case "plan":
        inspection = undefined;
        for (const { path, action, size } of event.files) {
          if (action === "download" || action === "replace") {
            files.set(path, { size, received: 0, state: "open", unpacked: false });
          }
        }
        break;
      case "inspect:progress":
        inspect(event);
        break;
      case "transfer:start":
        start(event);
        break;
      case "transfer:progress":
        advance(event);
        break;
      case "transfer:restart":
        reach(touch(event.path), event.received, undefined);
        reached = 0;
        break;
      case "transfer:retry":
        touch(event.path).note = { kind: "retry", attempt: event.attempt, dueAt: now() + event.delayMs };
        break;
      case "transfer:fallback":
        touch(event.path).note = { kind: "fallback", to: event.to };
        break;
      case "transfer:wait":
        touch(event.path).note = { kind: "wait", owner: event.owner };
        break;
      case "transfer:end": {
        active.delete(event.path);
        const archive = archives.get(event.path);
        if (archive) archive.state = "done";
        break;
      }
      case "outcome": {
        active.delete(event.outcome.path);
        const file = files.get(event.outcome.path);
        if (!file) break;
        file.state = event.outcome.status === "failed" ? "failed" : "done";
        if (event.outcome.status === "downloaded" || event.outcome.status === "reused")
          file.received = event.outcome.size;
        break;
      }
      case "warning":
        break;
    }
  }

  function total(): Total | undefined {
    if (files.size === 0) return undefined;
    const settled = [...files.values()].filter((file) => file.state !== "open").length;
    const { received, remaining } = sum([...files.values(), ...archives.values()]);
    const size = remaining === undefined ? undefined : received + remaining;
    const fraction = size ? received / size : settled / files.size;
    reached = Math.max(reached, fraction);
    const speed = rate?.speed(now());
    return {
      files: files.size,
      done: settled,
      failed: [...files.values()].filter((file) => file.state === "failed").length,
      received,
      size,
      fraction: reached,
      speed,
      left: remaining === undefined ? undefined : timeLeft(remaining, speed),
    };
  }

  return {
    apply,
    active,
    get inspection() {
      return inspection;
    },
    total,
  };
}

/**
 * Bytes that came and bytes to come. What failed has nothing to come any more; what is cut out of an archive did not
 * come by itself. The rest is undefined when the size of anything open is.
 */
function sum(shares: readonly Share[]): { received: number; remaining: number | undefined } {
  let received = 0;
  let remaining: number | undefined = 0;
  for (const share of shares) {
    if (!share.unpacked) received += share.received;
    if (share.state !== "open") continue;
    if (share.size === undefined) remaining = undefined;
    else if (remaining !== undefined) remaining += Math.max(0, share.size - share.received);
  }
  return { received, remaining };
}
