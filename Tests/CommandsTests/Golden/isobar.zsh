#compdef isobar

_isobar() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '--version[Show the version and exit]' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'sync:Bring two places in step, changes of both sides'
        'upload:Send a folder'\''s new and changed files to a store'
        'download:Fetch a store'\''s new and changed files into a folder'
        'copy:Carry new and changed files from one place to another'
        'mirror:Make one place exactly what another is, with deletes'
        'status:Show how the pairs stand: in step, last run, conflicts, failures'
        'history:Show past runs, and what one of them did'
        'conflicts:Show and settle paths that changed on both sides'
        'trash:See, bring back and clear what runs deleted or replaced'
        'config:Check, show and begin a configuration'
        'state:Check and repair what is remembered between runs'
        'completions:Print the completion script of a shell'
        'man:Print the manual page'
        'version:Show the version'
        'help:Show help'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'sync') _isobar_sync ;;
        'upload') _isobar_upload ;;
        'download') _isobar_download ;;
        'copy') _isobar_copy ;;
        'mirror') _isobar_mirror ;;
        'status') _isobar_status ;;
        'history') _isobar_history ;;
        'conflicts') _isobar_conflicts ;;
        'trash') _isobar_trash ;;
        'config') _isobar_config ;;
        'state') _isobar_state ;;
        'completions') _isobar_completions ;;
        'man') _isobar_man ;;
        'version') _isobar_version ;;
      esac
      ;;
  esac
}

_isobar_sync() {
  _arguments -s -S \
    '(-n --dry-run)-n[Show the plan (actions, bytes, requests) and change nothing]' \
    '(-n --dry-run)--dry-run[Show the plan (actions, bytes, requests) and change nothing]' \
    '--conflict=[What to do about a path that changed on both sides; whatever loses goes to the trash]:POLICY:(newest largest left right keep-both merge manual)' \
    '*-p+[Sync this pair of the configuration]:NAME: ' \
    '*--pair=[Sync this pair of the configuration]:NAME: ' \
    '(-a --all)-a[Sync every pair of the configuration]' \
    '(-a --all)--all[Sync every pair of the configuration]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side]' \
    '--max-delete=[Stop instead of deleting more than N files, or P percent of them, on one side]:N|P%: ' \
    '--no-trash[Delete for good instead of keeping what is deleted or replaced in the trash]' \
    '*-x+[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*--exclude=[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*-i+[Take only files that match]:PATTERN: ' \
    '*--include=[Take only files that match]:PATTERN: ' \
    '*--exclude-from=[Leave out paths that match a line of this file]:FILE:_files' \
    '--min-size=[Leave out smaller files]:SIZE: ' \
    '--max-size=[Leave out larger files]:SIZE: ' \
    '--newer-than=[Only files modified after this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--older-than=[Only files modified before this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--workers=[Paths worked on at once]:N: ' \
    '--bandwidth=[At most this many bytes a second\: 10M each way, or 5M\:20M up and down]:RATE: ' \
    '--endpoint=[Address of the S3 service for s3\:// ends]:URL: ' \
    '--region=[Region for s3\:// ends]:NAME: ' \
    '--profile=[Profile in ~/.aws for s3\:// ends]:NAME: ' \
    '--ca-file=[Trust the certificates in this file instead of the system'\''s]:FILE:_files' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '::LEFT:_files' \
    '*:RIGHT:_files'
}

_isobar_upload() {
  _arguments -s -S \
    '(-n --dry-run)-n[Show the plan (actions, bytes, requests) and change nothing]' \
    '(-n --dry-run)--dry-run[Show the plan (actions, bytes, requests) and change nothing]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side]' \
    '--max-delete=[Stop instead of deleting more than N files, or P percent of them, on one side]:N|P%: ' \
    '--no-trash[Delete for good instead of keeping what is deleted or replaced in the trash]' \
    '*-x+[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*--exclude=[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*-i+[Take only files that match]:PATTERN: ' \
    '*--include=[Take only files that match]:PATTERN: ' \
    '*--exclude-from=[Leave out paths that match a line of this file]:FILE:_files' \
    '--min-size=[Leave out smaller files]:SIZE: ' \
    '--max-size=[Leave out larger files]:SIZE: ' \
    '--newer-than=[Only files modified after this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--older-than=[Only files modified before this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--workers=[Paths worked on at once]:N: ' \
    '--bandwidth=[At most this many bytes a second\: 10M each way, or 5M\:20M up and down]:RATE: ' \
    '--endpoint=[Address of the S3 service for s3\:// ends]:URL: ' \
    '--region=[Region for s3\:// ends]:NAME: ' \
    '--profile=[Profile in ~/.aws for s3\:// ends]:NAME: ' \
    '--ca-file=[Trust the certificates in this file instead of the system'\''s]:FILE:_files' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':FOLDER:_files' \
    ':STORE:_files'
}

_isobar_download() {
  _arguments -s -S \
    '(-n --dry-run)-n[Show the plan (actions, bytes, requests) and change nothing]' \
    '(-n --dry-run)--dry-run[Show the plan (actions, bytes, requests) and change nothing]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side]' \
    '--max-delete=[Stop instead of deleting more than N files, or P percent of them, on one side]:N|P%: ' \
    '--no-trash[Delete for good instead of keeping what is deleted or replaced in the trash]' \
    '*-x+[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*--exclude=[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*-i+[Take only files that match]:PATTERN: ' \
    '*--include=[Take only files that match]:PATTERN: ' \
    '*--exclude-from=[Leave out paths that match a line of this file]:FILE:_files' \
    '--min-size=[Leave out smaller files]:SIZE: ' \
    '--max-size=[Leave out larger files]:SIZE: ' \
    '--newer-than=[Only files modified after this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--older-than=[Only files modified before this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--workers=[Paths worked on at once]:N: ' \
    '--bandwidth=[At most this many bytes a second\: 10M each way, or 5M\:20M up and down]:RATE: ' \
    '--endpoint=[Address of the S3 service for s3\:// ends]:URL: ' \
    '--region=[Region for s3\:// ends]:NAME: ' \
    '--profile=[Profile in ~/.aws for s3\:// ends]:NAME: ' \
    '--ca-file=[Trust the certificates in this file instead of the system'\''s]:FILE:_files' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':STORE:_files' \
    ':FOLDER:_files'
}

_isobar_copy() {
  _arguments -s -S \
    '(-n --dry-run)-n[Show the plan (actions, bytes, requests) and change nothing]' \
    '(-n --dry-run)--dry-run[Show the plan (actions, bytes, requests) and change nothing]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side]' \
    '--max-delete=[Stop instead of deleting more than N files, or P percent of them, on one side]:N|P%: ' \
    '--no-trash[Delete for good instead of keeping what is deleted or replaced in the trash]' \
    '*-x+[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*--exclude=[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*-i+[Take only files that match]:PATTERN: ' \
    '*--include=[Take only files that match]:PATTERN: ' \
    '*--exclude-from=[Leave out paths that match a line of this file]:FILE:_files' \
    '--min-size=[Leave out smaller files]:SIZE: ' \
    '--max-size=[Leave out larger files]:SIZE: ' \
    '--newer-than=[Only files modified after this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--older-than=[Only files modified before this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--workers=[Paths worked on at once]:N: ' \
    '--bandwidth=[At most this many bytes a second\: 10M each way, or 5M\:20M up and down]:RATE: ' \
    '--endpoint=[Address of the S3 service for s3\:// ends]:URL: ' \
    '--region=[Region for s3\:// ends]:NAME: ' \
    '--profile=[Profile in ~/.aws for s3\:// ends]:NAME: ' \
    '--ca-file=[Trust the certificates in this file instead of the system'\''s]:FILE:_files' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':SOURCE:_files' \
    ':TARGET:_files'
}

_isobar_mirror() {
  _arguments -s -S \
    '(-n --dry-run)-n[Show the plan (actions, bytes, requests) and change nothing]' \
    '(-n --dry-run)--dry-run[Show the plan (actions, bytes, requests) and change nothing]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side]' \
    '--max-delete=[Stop instead of deleting more than N files, or P percent of them, on one side]:N|P%: ' \
    '--no-trash[Delete for good instead of keeping what is deleted or replaced in the trash]' \
    '*-x+[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*--exclude=[Leave out paths that match, as in .gitignore; what is left out is never deleted]:PATTERN: ' \
    '*-i+[Take only files that match]:PATTERN: ' \
    '*--include=[Take only files that match]:PATTERN: ' \
    '*--exclude-from=[Leave out paths that match a line of this file]:FILE:_files' \
    '--min-size=[Leave out smaller files]:SIZE: ' \
    '--max-size=[Leave out larger files]:SIZE: ' \
    '--newer-than=[Only files modified after this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--older-than=[Only files modified before this\: an age (7d) or a time (2026-11-20T08\:00\:00Z)]:WHEN: ' \
    '--workers=[Paths worked on at once]:N: ' \
    '--bandwidth=[At most this many bytes a second\: 10M each way, or 5M\:20M up and down]:RATE: ' \
    '--endpoint=[Address of the S3 service for s3\:// ends]:URL: ' \
    '--region=[Region for s3\:// ends]:NAME: ' \
    '--profile=[Profile in ~/.aws for s3\:// ends]:NAME: ' \
    '--ca-file=[Trust the certificates in this file instead of the system'\''s]:FILE:_files' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':SOURCE:_files' \
    ':TARGET:_files'
}

_isobar_status() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_history() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-l --limit)-l+[Show at most this many runs of a pair]:N: ' \
    '(-l --limit)--limit=[Show at most this many runs of a pair]:N: ' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '::RUN: '
}

_isobar_conflicts() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'list:List conflicts that wait for a decision'
        'show:Show what both sides of a conflict have'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _isobar_conflicts_list ;;
        'show') _isobar_conflicts_show ;;
      esac
      ;;
  esac
}

_isobar_conflicts_list() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-a --all)-a[List settled ones too]' \
    '(-a --all)--all[List settled ones too]' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_conflicts_show() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':CONFLICT: '
}

_isobar_trash() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'list:List what runs deleted or replaced and can be brought back'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _isobar_trash_list ;;
      esac
      ;;
  esac
}

_isobar_trash_list() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--run=[Only what this run took away]:N: ' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '::PATH: '
}

_isobar_config() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'check:Read the configuration and say all that is wrong with it'
        'show:Show the configuration as it holds, without its secrets'
        'init:Write a configuration to start from'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'check') _isobar_config_check ;;
        'show') _isobar_config_show ;;
        'init') _isobar_config_init ;;
      esac
      ;;
  esac
}

_isobar_config_check() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_config_show() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_config_init() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '::FILE:_files'
}

_isobar_state() {
  local context state line
  typeset -A opt_args
  _arguments -s -S -C \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
    command)
      local -a commands=(
        'check:Read all that is remembered and look for damage'
        'rebuild:Start a pair'\''s state afresh, keeping what can be saved'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'check') _isobar_state_check ;;
        'rebuild') _isobar_state_rebuild ;;
      esac
      ;;
  esac
}

_isobar_state_check() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_state_rebuild() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_completions() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]' \
    ':SHELL:(bash zsh fish)'
}

_isobar_man() {
  _arguments -s -S \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

_isobar_version() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '(-c --config)-c+[Read this configuration]:FILE:_files' \
    '(-c --config)--config=[Read this configuration]:FILE:_files' \
    '(-q --quiet)-q[Say nothing but errors]' \
    '(-q --quiet)--quiet[Say nothing but errors]' \
    '*-v[Say more\: a line for each path]' \
    '*--verbose[Say more\: a line for each path]' \
    '(--color --no-color)--color[Use colours]' \
    '(--color --no-color)--no-color[Use colours]' \
    '--log-file=[Append a log to this file, which rotates by size and age]:FILE:_files' \
    '--log-level=[What the log file holds]:LEVEL:(debug info warning error)' \
    '(-h --help)-h[Show help and exit]' \
    '(-h --help)--help[Show help and exit]'
}

if [ "$funcstack[1]" = '_isobar' ]; then
  _isobar "$@"
else
  compdef _isobar isobar
fi
