import Arguments

/// Every command of the program.
enum CommandTree {
  /// The tree as it is described to people and programs.
  static let description = root.description

  /// The tree of commands.
  static let root = CommandNode.group(
    CommandDescription(
      name: "isobar", abstract: "Keep files equal across folders and clouds",
      discussion: """
        Isobar keeps folders and S3 stores in step, both ways or one way. Whatever a run deletes or replaces can be brought back, a run \
        that is interrupted goes on from there, and a second run transfers nothing.

        An end is a folder (~/Documents), a URL (s3://bucket/prefix, file:///srv/data) or a store of the configuration with a path in \
        it (cloud:photos). A URL may say how to reach its service: s3://bucket?endpoint=https://minio.example&region=eu-1. \
        Credentials come from the environment, from ~/.aws or from the configuration, never from the command line.

        On a terminal a run shows how far it is; elsewhere it prints a line for each path. With --json nothing but one JSON object is \
        printed, at the end: what was done in numbers, requests by class, failures, and error where something stopped it. With \
        --json-progress what happens is written to standard error meanwhile, one JSON object a line, whose event says what it is: planned, \
        started, progress, finished, conflict, failed, skipped, named, hardLinks, sentWhole, error. Members may be added to these objects; none goes away or \
        changes its meaning.

        Paths in JSON are strings. A path that is not UTF-8 is shown escaped, and a second member, such as pathBytes beside path, has its \
        bytes in Base64.

        The first Ctrl-C (or SIGTERM) ends a run cleanly: what was done is recorded, and unfinished uploads are given up. The second ends \
        the program at once; the next run finds out what is missing.
        """,
      examples: [
        CommandExample("isobar sync ~/Documents s3://my-bucket/documents", "Bring both in step, changes of both sides."),
        CommandExample("isobar sync --dry-run ~/Documents s3://my-bucket/documents", "Show what that would do."),
        CommandExample("isobar doctor s3://my-bucket", "Find out what a store can do and what is missing."),
        CommandExample("isobar undo", "Bring back what the last run deleted or replaced."),
      ], options: SharedOptions.global, exitCodes: ExitStatus.descriptions),
    [
      .command(SyncCommand.self),
      .command(UploadCommand.self),
      .command(DownloadCommand.self),
      .command(CopyCommand.self),
      .command(MirrorCommand.self),
      .command(MoveCommand.self),
      .command(CheckCommand.self),
      .command(LsCommand.self),
      .command(StatCommand.self),
      .command(DuCommand.self),
      .command(ChangesCommand.self),
      .command(VersionsCommand.self),
      .command(GetCommand.self),
      .command(PutCommand.self),
      .command(CatCommand.self),
      .command(RmCommand.self),
      .group(
        CommandDescription(name: "conflicts", abstract: "Show and settle paths that changed on both sides"),
        [.command(ConflictsListCommand.self), .command(ConflictsShowCommand.self), .command(ConflictsResolveCommand.self)]),
      .command(StatusCommand.self),
      .command(HistoryCommand.self),
      .command(RetryCommand.self),
      .command(UndoCommand.self),
      .group(
        CommandDescription(name: "trash", abstract: "See, bring back and clear what runs deleted or replaced"),
        [.command(TrashListCommand.self), .command(TrashRestoreCommand.self), .command(TrashEmptyCommand.self)]),
      .command(CleanupCommand.self),
      .command(DoctorCommand.self),
      .group(
        CommandDescription(name: "config", abstract: "Check, show and begin a configuration"),
        [.command(ConfigCheckCommand.self), .command(ConfigShowCommand.self), .command(ConfigInitCommand.self)]),
      .group(
        CommandDescription(name: "login", abstract: "Let Isobar use an account of a service"), [.command(LoginDropboxCommand.self)]),
      .group(
        CommandDescription(name: "keys", abstract: "Make, show and change the keys of encrypted stores"),
        [
          .command(KeysGenerateCommand.self), .command(KeysRecipientsCommand.self), .command(KeysListCommand.self),
          .command(KeysRotateCommand.self), .command(KeysPassphraseCommand.self),
        ]),
      .group(
        CommandDescription(name: "state", abstract: "Check and repair what is remembered between runs"),
        [.command(StateCheckCommand.self), .command(StateRebuildCommand.self)]),
      .command(EmulateCommand.self),
      .command(CompletionsCommand.self),
      .command(ManCommand.self),
      .command(VersionCommand.self),
    ])
}
