/** What all connections that bring one file share. */
import type { EventListener } from "../events.js";
import type { Pieces } from "../manifest/pieces.js";
import type { StatedDigest } from "../manifest/types.js";
import type { Digest } from "../source/source.js";
import { bytesIn } from "../store/byte-ranges.js";
import type { DigestThread, FrontDigest } from "../store/front-digest.js";
import { openPartial } from "../store/partial.js";
import type { PartialFile } from "../store/partial-file.js";
import { rememberedCutting } from "../store/piece-memory.js";
import { createGivers, type Givers } from "./givers.js";
import { createPieceCheck, type PieceCheck } from "./piece-check.js";
import { createSegments, type SegmentPolicy, type Segments } from "./segments.js";

/** What is wanted, whatever URL it comes from. */
export interface Wanted {
  /** Name in events: the file's path, or the archive's. */
  readonly label: string;
  readonly kind: "file" | "archive";
  /** Pinned size in bytes. */
  readonly size?: number | undefined;
  /** Another process may still have the partial open. */
  readonly doubtful?: boolean | undefined;
  /** No earlier run left anything of it. */
  readonly isNew?: boolean | undefined;
  /** Makes sure of the partial's folder before a file is created in it. */
  readonly makeFolder?: (() => Promise<unknown> | undefined) | undefined;
  /** Work out the digests of its pieces as well. */
  readonly withPieces?: boolean | undefined;
  /** Pieces by which bytes are checked as they land. */
  readonly pieces?: Pieces | undefined;
  /** Digest that decides. Without one, bytes of two answers are only combined under a strong validator. */
  readonly digest?: Digest | undefined;
  /** The digest is what a Git LFS pointer states, and no manifest pins it. */
  readonly byPointer?: boolean | undefined;
  /** Digests that are checked where none decides. */
  readonly stated?: readonly StatedDigest[] | undefined;
}

/** As long as nobody has told the size of a file, it is cut as one of so many bytes: one with far more has too many pieces. */
const UNTOLD_BYTES = 4 * 2 ** 30;

/** An unfinished file that is worked on. */
export interface Work {
  readonly wanted: Wanted;
  readonly partial: PartialFile;
  readonly digest: FrontDigest;
  readonly segments: Segments;
  /** The check of what lands, where the file's pieces are known. */
  readonly check: PieceCheck | undefined;
  /** Size in bytes as far as it is known: pinned, or as the source states it. */
  size: number | undefined;
  readonly givers: Givers;
  /** Gives up what one URL brought in this run, and tells so. Throws LOCAL_IO, DISK_FULL. */
  dropGiver(url: string): Promise<void>;
  /** Drops what the partial holds beyond its first `size` bytes (default 0), and tells why. Throws LOCAL_IO, DISK_FULL. */
  restart(reason: string, size?: number): Promise<void>;
  /**
   * Which of the stated digests the complete bytes do not have, and what they have instead; none is looked at where one
   * decides. Throws LOCAL_IO, the signal's reason.
   */
  contradiction(signal: AbortSignal): Promise<{ stated: StatedDigest; found: string } | undefined>;
  /** Tells how far the file has come. */
  tellProgress(): void;
  /** Nothing looks at the partial any more, which stays open: now, or when the answer says so. */
  letGo(): Promise<void> | undefined;
  /** Keeps what there is for another time. Throws LOCAL_IO, DISK_FULL. */
  close(): Promise<void>;
}

/** Opens the partial at `path`, for all who will bring bytes into it. Throws like {@link openPartial}. */
export async function openWork(
  wanted: Wanted,
  path: string,
  { digests, policy, emit }: { digests: DigestThread; policy: SegmentPolicy; emit: EventListener },
): Promise<Work> {
  const partial = await openPartial(path, {
    shared: wanted.doubtful ?? false,
    isNew: wanted.isNew ?? false,
    size: wanted.digest && wanted.size,
    makeFolder: wanted.makeFolder,
  });
  const whole = digests.follow(partial, wanted.digest?.algorithm ?? "sha256", {
    cutting: () => (wanted.withPieces ? rememberedCutting(work.size ?? UNTOLD_BYTES) : undefined),
  });
  const stated = (wanted.digest === undefined ? (wanted.stated ?? []) : []).map((each) => ({
    each,
    // Where no digest decides, the whole has a SHA-256 anyway.
    found: each.algorithm === "sha256" ? whole : digests.follow(partial, each.algorithm, { size: () => work.size }),
  }));
  const digest = together(
    whole,
    stated.map(({ found }) => found),
  );
  const givers = createGivers(partial.held);
  let told = 0;
  const received = () => bytesIn(partial.held);
  const tellGivenUp = (reason: string) => {
    told = received();
    emit({ type: "transfer:restart", path: wanted.label, received: told, reason });
  };
  const { pieces } = wanted;
  const check =
    pieces &&
    createPieceCheck({
      pieces,
      held: () => partial.held,
      hash: (range) => digests.hashRange(partial, range),
      async giveUp(range) {
        await partial.drop(range);
        await digest.reset();
        tellGivenUp(`bytes ${range.start} to ${range.end - 1} are not the pinned ones`);
      },
    });
  for (const range of partial.held) check?.landed(range, undefined);

  const work: Work = {
    wanted,
    partial,
    digest,
    check,
    segments: createSegments(
      () => work.size ?? Number.MAX_SAFE_INTEGER,
      () => partial.held,
      policy,
    ),
    // An empty file is asked for like one of unknown size.
    size: wanted.size || undefined,
    givers,
    async dropGiver(url) {
      for (const range of givers.drop(url)) await partial.drop(range);
      await digest.reset();
      tellGivenUp(`what ${url} brought does not fit the rest`);
    },
    async restart(reason, size = 0) {
      await partial.cut(size);
      await digest.reset();
      givers.cut(size);
      told = size;
      emit({ type: "transfer:restart", path: wanted.label, received: size, reason });
    },
    async contradiction(signal) {
      for (const { each, found } of stated) {
        const hex = await found.value(signal);
        if (hex !== each.hex) return { stated: each, found: hex };
      }
      return undefined;
    },
    tellProgress() {
      const now = received();
      if (now <= told) return;
      told = now;
      const { size } = work;
      emit({ type: "transfer:progress", path: wanted.label, received: now, ...(size !== undefined && { size }) });
    },
    letGo() {
      return check === undefined ? digest.close() : check.close().then(() => digest.close());
    },
    async close() {
      await work.letGo();
      await partial.close();
    },
  };
  return work;
}

/** One digest, and others that follow the same bytes, and have come as far when it is asked for. */
function together(first: FrontDigest, others: readonly FrontDigest[]): FrontDigest {
  if (others.length === 0) return first;
  const all = new Set([...others, first]);
  return {
    value: (signal) => first.value(signal),
    pieces: () => first.pieces(),
    advance() {
      for (const each of all) each.advance();
    },
    async reset() {
      await Promise.all([...all].map((each) => each.reset()));
    },
    async close() {
      await Promise.all([...all].map((each) => each.close()));
    },
  };
}
