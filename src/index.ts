/** The public API of the library. It prints nothing, and loads neither a terminal nor a command line. */
export type { Damage, RepairReport } from "./commands/piece-reports.js";
export type {
  DownloadReport,
  ExtraFile,
  FileReport,
  FileStatus,
  LfsReport,
  ListReport,
  ListRow,
  PointerReport,
  VerifyReport,
} from "./commands/reports.js";
export { AssetsError, type AssetsErrorOptions, type ErrorCode } from "./errors.js";
export type { AssetEvent, ErrorInfo, EventListener, Outcome, PlannedAction, TriedUrl } from "./events.js";
export {
  type AssetCheck,
  type AssetManager,
  type AssetManagerOptions,
  type CallOptions,
  createAssetManager,
  type RepairChoices,
  type VerifyChoices,
} from "./manager.js";
export type { Selection } from "./manifest/select.js";
export type { NetworkSettings } from "./source/network-settings.js";
