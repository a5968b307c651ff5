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
        'move:Carry files to another place and delete them here'
        'check:Find out whether two places hold the same files'
        'ls:List files and folders'
        'stat:Show all that is known of a file'
        'du:Add up files and bytes per folder'
        'changes:Show what has changed in a place since the last look'
        'versions:List the states of a file that its service keeps'
        'get:Fetch one file'
        'put:Send one file, or standard input'
        'cat:Write files to standard output'
        'rm:Delete files for good'
        'conflicts:Show and settle paths that changed on both sides'
        'status:Show how the pairs stand: in step, last run, conflicts, failures'
        'history:Show past runs, and what one of them did'
        'retry:Try again what failed'
        'undo:Bring back what a run deleted or replaced'
        'trash:See, bring back and clear what runs deleted or replaced'
        'cleanup:Delete what crashes and time left behind'
        'doctor:Find out what a store can do and what is missing'
        'config:Check, show and begin a configuration'
        'login:Let Isobar use an account of a service'
        'keys:Make, show and change the keys of encrypted stores'
        'state:Check and repair what is remembered between runs'
        'emulate:Be a cloud service on this machine, for developing and testing'
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
        'move') _isobar_move ;;
        'check') _isobar_check ;;
        'ls') _isobar_ls ;;
        'stat') _isobar_stat ;;
        'du') _isobar_du ;;
        'changes') _isobar_changes ;;
        'versions') _isobar_versions ;;
        'get') _isobar_get ;;
        'put') _isobar_put ;;
        'cat') _isobar_cat ;;
        'rm') _isobar_rm ;;
        'conflicts') _isobar_conflicts ;;
        'status') _isobar_status ;;
        'history') _isobar_history ;;
        'retry') _isobar_retry ;;
        'undo') _isobar_undo ;;
        'trash') _isobar_trash ;;
        'cleanup') _isobar_cleanup ;;
        'doctor') _isobar_doctor ;;
        'config') _isobar_config ;;
        'login') _isobar_login ;;
        'keys') _isobar_keys ;;
        'state') _isobar_state ;;
        'emulate') _isobar_emulate ;;
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
    '--verify=[How to make sure that what was sent has arrived\: by hashes on the way, or by reading each file back, too]:HOW:(hashes read)' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side, a tree that looks encrypted]' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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
    '--verify=[How to make sure that what was sent has arrived\: by hashes on the way, or by reading each file back, too]:HOW:(hashes read)' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side, a tree that looks encrypted]' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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
    '--verify=[How to make sure that what was sent has arrived\: by hashes on the way, or by reading each file back, too]:HOW:(hashes read)' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side, a tree that looks encrypted]' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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
    '--verify=[How to make sure that what was sent has arrived\: by hashes on the way, or by reading each file back, too]:HOW:(hashes read)' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side, a tree that looks encrypted]' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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
    '--verify=[How to make sure that what was sent has arrived\: by hashes on the way, or by reading each file back, too]:HOW:(hashes read)' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side, a tree that looks encrypted]' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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

_isobar_move() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--verify=[How to make sure that what was sent has arrived\: by hashes on the way, or by reading each file back, too]:HOW:(hashes read)' \
    '--rehash[Read the content of files that look unchanged too]' \
    '--symlinks=[What to do about symbolic links in a folder\: leave them out, read what they point to, or keep them as links]:HOW:(skip follow link)' \
    '--force[Go on although a guard objects\: many deletes, an empty or replaced side, a tree that looks encrypted]' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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

_isobar_check() {
  _arguments -s -S \
    '--by=[What makes two files equal\: sizes only, hashes where there are some, or all bytes read]:HOW:(sizes hashes contents)' \
    '--one-way[Do not report what only the right side has]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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
    ':LEFT:_files' \
    ':RIGHT:_files'
}

_isobar_ls() {
  _arguments -s -S \
    '(-l --long)-l[Show size, time and permissions]' \
    '(-l --long)--long[Show size, time and permissions]' \
    '(-R --recursive)-R[List everything below, not one level]' \
    '(-R --recursive)--recursive[List everything below, not one level]' \
    '--tree[List everything below, indented]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '*:LOCATION:_files'
}

_isobar_stat() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '*:LOCATION:_files'
}

_isobar_du() {
  _arguments -s -S \
    '(-d --depth)-d+[Show folders down to this level]:N: ' \
    '(-d --depth)--depth=[Show folders down to this level]:N: ' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '::LOCATION:_files'
}

_isobar_changes() {
  _arguments -s -S \
    '--peek[Do not remember this look\: the next one shows the same again]' \
    '(-f --follow)-f[Go on looking until stopped]' \
    '(-f --follow)--follow[Go on looking until stopped]' \
    '--interval=[With --follow\: how long to wait between looks at a place that tells of nothing]:TIME: ' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    ':PLACE:_files'
}

_isobar_versions() {
  _arguments -s -S \
    '--limit=[At most so many, the newest]:NUMBER: ' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    ':LOCATION:_files'
}

_isobar_get() {
  _arguments -s -S \
    '--version-id=[A state that the service keeps, by its name in `isobar versions`; not a deletion]:ID: ' \
    '(-n --no-clobber)-n[Fail rather than replace a file]' \
    '(-n --no-clobber)--no-clobber[Fail rather than replace a file]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '::TARGET:_files'
}

_isobar_put() {
  _arguments -s -S \
    '(-n --no-clobber)-n[Fail rather than replace a file]' \
    '(-n --no-clobber)--no-clobber[Fail rather than replace a file]' \
    '--storage-class=[Storage class of the target, such as STANDARD_IA]:NAME: ' \
    '--content-type=[Media type, for standard input]:TYPE: ' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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

_isobar_cat() {
  _arguments -s -S \
    '--range=[Only these bytes, counted from 0; LAST may be left out]:FIRST-LAST: ' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '*:LOCATION:_files'
}

_isobar_rm() {
  _arguments -s -S \
    '(-r --recursive)-r[Delete folders with all that is in them]' \
    '(-r --recursive)--recursive[Delete folders with all that is in them]' \
    '--max-delete=[With --recursive\: delete nothing if there are more files]:N: ' \
    '(-f --force)-f[Allow to empty a whole store; take missing files as deleted]' \
    '(-f --force)--force[Allow to empty a whole store; take missing files as deleted]' \
    '(-n --dry-run)-n[Say how much would be deleted and delete nothing]' \
    '(-n --dry-run)--dry-run[Say how much would be deleted and delete nothing]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    '*:LOCATION:_files'
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
        'resolve:Settle conflicts that wait'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _isobar_conflicts_list ;;
        'show') _isobar_conflicts_show ;;
        'resolve') _isobar_conflicts_resolve ;;
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

_isobar_conflicts_resolve() {
  _arguments -s -S \
    '--conflict=[How to settle them; needed]:POLICY:(newest largest left right keep-both merge)' \
    '(-a --all)-a[Settle all that wait]' \
    '(-a --all)--all[Settle all that wait]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
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
    '*:CONFLICT: '
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

_isobar_retry() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--json-progress[Write what happens to standard error, one JSON object a line]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
    '--workers=[Paths worked on at once]:N: ' \
    '--bandwidth=[At most this many bytes a second\: 10M each way, 5M\:20M up and down, or a timetable\: “Mon-Fri 08\:00-18\:00 2M, * off”]:RATE: ' \
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
    '(-h --help)--help[Show help and exit]'
}

_isobar_undo() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
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
    '::RUN: '
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
        'restore:Bring back some of what was deleted or replaced'
        'empty:Delete for good what is in the trash'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'list') _isobar_trash_list ;;
        'restore') _isobar_trash_restore ;;
        'empty') _isobar_trash_empty ;;
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

_isobar_trash_restore() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '*--id=[Bring back this piece of the list]:N: ' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
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
    '*:PATH: '
}

_isobar_trash_empty() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '--older-than=[Only what was taken away this long ago]:AGE: ' \
    '--all-of-it[Everything, however new]' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
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
    '(-h --help)--help[Show help and exit]'
}

_isobar_cleanup() {
  _arguments -s -S \
    '--older-than=[Delete only what is older than this]:AGE: ' \
    '--keep-runs=[Keep this many runs of the history of a pair]:N: ' \
    '(-n --dry-run)-n[Show the plan (actions, bytes, requests) and change nothing]' \
    '(-n --dry-run)--dry-run[Show the plan (actions, bytes, requests) and change nothing]' \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
    '(-p --pair)-p+[A pair of the configuration]:NAME: ' \
    '(-p --pair)--pair=[A pair of the configuration]:NAME: ' \
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
    '(-h --help)--help[Show help and exit]'
}

_isobar_doctor() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    ':STORE:_files'
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

_isobar_login() {
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
        'dropbox:Let Isobar use a Dropbox account'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'dropbox') _isobar_login_dropbox ;;
      esac
      ;;
  esac
}

_isobar_login_dropbox() {
  _arguments -s -S \
    '--app-key=[The key of your app]:KEY: ' \
    '--app-secret=[Where the app'\''s secret comes from, if it shall be used\: file\:PATH, command\:LINE or prompt\:]:SOURCE: ' \
    '--code=[Where the code comes from\: - for standard input, file\:PATH, command\:LINE or prompt\:]:SOURCE: ' \
    '--name=[Keep it under this name, for a store whose setting login says so]:NAME: ' \
    '--endpoint=[Address of an emulator of the service]:URL: ' \
    '--ca-file=[Trust the certificates in this file instead of the system'\''s]:FILE:_files' \
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

_isobar_keys() {
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
        'generate:Make a key for encrypted stores'
        'recipients:Show the public halves of identities'
        'list:Show for whom the encrypted stores of the configuration are encrypted'
        'rotate:Encrypt what is in a store for other recipients'
        'passphrase:Change the passphrase of an encrypted store'
      )
      _describe -t commands command commands
      ;;
    arguments)
      case $words[1] in
        'generate') _isobar_keys_generate ;;
        'recipients') _isobar_keys_recipients ;;
        'list') _isobar_keys_list ;;
        'rotate') _isobar_keys_rotate ;;
        'passphrase') _isobar_keys_passphrase ;;
      esac
      ;;
  esac
}

_isobar_keys_generate() {
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
    ':FILE:_files'
}

_isobar_keys_recipients() {
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
    '*:FILE:_files'
}

_isobar_keys_list() {
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

_isobar_keys_rotate() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    ':STORE:_files'
}

_isobar_keys_passphrase() {
  _arguments -s -S \
    '--json[Print one JSON object at the end instead of text; errors too]' \
    '--state=[Keep what is remembered between runs in this folder]:DIR:_files' \
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
    ':NEW: '
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

_isobar_emulate() {
  _arguments -s -S \
    '--port=[Listen on this port]:N: ' \
    '--data=[Keep everything in this folder]:DIR:_files' \
    '--listen=[Listen on this IP address; others may reach it then]:ADDRESS: ' \
    '--latency=[Take this much longer for each answer]:TIME: ' \
    '--jitter=[And up to this much more, by chance]:TIME: ' \
    '--errors=[Let this share of requests fail\: half of it is refused (429, 503), the rest breaks before, after or during the answer]:P%: ' \
    '--seed=[Draw latencies and errors from this seed]:N: ' \
    '--json[Print one JSON object with the address and what to set; errors too]' \
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
    ':SERVICE:(azure gcs dropbox)'
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
