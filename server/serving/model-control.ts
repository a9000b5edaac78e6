/** The versions around the one that serves. */
export interface ServedVersions {
  readonly serving: string;
  /** What a rollback leads to; undefined when there is nothing to go back to. */
  readonly previous: string | undefined;
}

/** Changes of the serving model as those who run the server ask for them, on one process or on all workers. */
export interface ModelControl {
  readonly versions: ServedVersions;
  /** Versions that could serve, oldest first. */
  list(): Promise<readonly string[]>;
  /**
   * Lets a version serve; the newest when `modelVersion` is ''. Resolves when it does.
   *
   * Errors: those of category `artifact` say why; what served before goes on serving.
   */
  activate(modelVersion: string): Promise<ServedVersions>;
  /** Lets the version before serve again. Errors: as {@link activate}, and REC_BUNDLE_INVALID when there is none. */
  rollback(): Promise<ServedVersions>;
}
