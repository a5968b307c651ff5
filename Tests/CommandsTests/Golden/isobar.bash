# bash completion for isobar

_isobar() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev='' path='' word='' skip='' operands=0 i
  ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
  # bash breaks words at '=': --option = value.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]] && ((COMP_CWORD > 1)); then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      -c | --config | --log-file | --log-level | --conflict | -p | --pair | --state | --verify | --symlinks | --max-delete | -x | --exclude | -i | --include | --exclude-from | --min-size | --max-size | --newer-than | --older-than | --workers | --bandwidth | --endpoint | --region | --profile | --ca-file | --by | -d | --depth | --interval | --limit | --version-id | --storage-class | --content-type | --range | -l | --run | --id | --keep-runs | --app-key | --app-secret | --code | --name | --port | --data | --listen | --latency | --jitter | --errors | --seed) skip=1; continue ;;
      -?*) continue ;;
    esac
    case "$path/$word" in
      '/sync') path='/sync' ;;
      '/upload') path='/upload' ;;
      '/download') path='/download' ;;
      '/copy') path='/copy' ;;
      '/mirror') path='/mirror' ;;
      '/move') path='/move' ;;
      '/check') path='/check' ;;
      '/ls') path='/ls' ;;
      '/stat') path='/stat' ;;
      '/du') path='/du' ;;
      '/changes') path='/changes' ;;
      '/versions') path='/versions' ;;
      '/get') path='/get' ;;
      '/put') path='/put' ;;
      '/cat') path='/cat' ;;
      '/rm') path='/rm' ;;
      '/conflicts') path='/conflicts' ;;
      '/status') path='/status' ;;
      '/history') path='/history' ;;
      '/retry') path='/retry' ;;
      '/undo') path='/undo' ;;
      '/trash') path='/trash' ;;
      '/cleanup') path='/cleanup' ;;
      '/doctor') path='/doctor' ;;
      '/config') path='/config' ;;
      '/login') path='/login' ;;
      '/keys') path='/keys' ;;
      '/state') path='/state' ;;
      '/emulate') path='/emulate' ;;
      '/completions') path='/completions' ;;
      '/man') path='/man' ;;
      '/version') path='/version' ;;
      '/conflicts/list') path='/conflicts/list' ;;
      '/conflicts/show') path='/conflicts/show' ;;
      '/conflicts/resolve') path='/conflicts/resolve' ;;
      '/trash/list') path='/trash/list' ;;
      '/trash/restore') path='/trash/restore' ;;
      '/trash/empty') path='/trash/empty' ;;
      '/config/check') path='/config/check' ;;
      '/config/show') path='/config/show' ;;
      '/config/init') path='/config/init' ;;
      '/login/dropbox') path='/login/dropbox' ;;
      '/keys/generate') path='/keys/generate' ;;
      '/keys/recipients') path='/keys/recipients' ;;
      '/keys/list') path='/keys/list' ;;
      '/keys/rotate') path='/keys/rotate' ;;
      '/keys/passphrase') path='/keys/passphrase' ;;
      '/state/check') path='/state/check' ;;
      '/state/rebuild') path='/state/rebuild' ;;
      *) ((operands++)) ;;
    esac
  done

  local values='' files='' names='' words=''
  case $path in
    '')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --version --help'
          words='sync upload download copy mirror move check ls stat du changes versions get put cat rm conflicts status history retry undo trash cleanup doctor config login keys state emulate completions man version help'
          ;;
      esac
      ;;
    '/sync')
      case $prev in
        --conflict) values='newest largest left right keep-both merge manual' ;;
        -p | --pair) values=none ;;
        --state) files=1 ;;
        --verify) values='hashes read' ;;
        --symlinks) values='skip follow link' ;;
        --max-delete) values=none ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--dry-run --conflict --pair --all --json --json-progress --state --verify --rehash --symlinks --force --max-delete --no-trash --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands >= 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/upload')
      case $prev in
        --state) files=1 ;;
        --verify) values='hashes read' ;;
        --symlinks) values='skip follow link' ;;
        --max-delete) values=none ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--dry-run --json --json-progress --state --verify --rehash --symlinks --force --max-delete --no-trash --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/download')
      case $prev in
        --state) files=1 ;;
        --verify) values='hashes read' ;;
        --symlinks) values='skip follow link' ;;
        --max-delete) values=none ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--dry-run --json --json-progress --state --verify --rehash --symlinks --force --max-delete --no-trash --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/copy')
      case $prev in
        --state) files=1 ;;
        --verify) values='hashes read' ;;
        --symlinks) values='skip follow link' ;;
        --max-delete) values=none ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--dry-run --json --json-progress --state --verify --rehash --symlinks --force --max-delete --no-trash --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/mirror')
      case $prev in
        --state) files=1 ;;
        --verify) values='hashes read' ;;
        --symlinks) values='skip follow link' ;;
        --max-delete) values=none ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--dry-run --json --json-progress --state --verify --rehash --symlinks --force --max-delete --no-trash --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/move')
      case $prev in
        --state) files=1 ;;
        --verify) values='hashes read' ;;
        --symlinks) values='skip follow link' ;;
        --max-delete) values=none ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --json-progress --state --verify --rehash --symlinks --force --max-delete --no-trash --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/check')
      case $prev in
        --by) values='sizes hashes contents' ;;
        --state) files=1 ;;
        -x | --exclude) values=none ;;
        -i | --include) values=none ;;
        --exclude-from) files=1 ;;
        --min-size) values=none ;;
        --max-size) values=none ;;
        --newer-than) values=none ;;
        --older-than) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--by --one-way --json --state --exclude --include --exclude-from --min-size --max-size --newer-than --older-than --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/ls')
      case $prev in
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--long --recursive --tree --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands >= 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/stat')
      case $prev in
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands >= 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/du')
      case $prev in
        -d | --depth) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--depth --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/changes')
      case $prev in
        --interval) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--peek --follow --interval --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/versions')
      case $prev in
        --limit) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--limit --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/get')
      case $prev in
        --version-id) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--version-id --no-clobber --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/put')
      case $prev in
        --storage-class) values=none ;;
        --content-type) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--no-clobber --storage-class --content-type --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/cat')
      case $prev in
        --range) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--range --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands >= 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/rm')
      case $prev in
        --max-delete) values=none ;;
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--recursive --max-delete --force --dry-run --json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands >= 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/conflicts')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='list show resolve'
          ;;
      esac
      ;;
    '/conflicts/list')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --all --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/conflicts/show')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/conflicts/resolve')
      case $prev in
        --conflict) values='newest largest left right keep-both merge' ;;
        --state) files=1 ;;
        -p | --pair) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--conflict --all --json --state --pair --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/status')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/history')
      case $prev in
        --state) files=1 ;;
        -l | --limit) values=none ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --limit --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/retry')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        --workers) values=none ;;
        --bandwidth) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --json-progress --state --pair --workers --bandwidth --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/undo')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --pair --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/trash')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='list restore empty'
          ;;
      esac
      ;;
    '/trash/list')
      case $prev in
        --state) files=1 ;;
        --run) values=none ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --run --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/trash/restore')
      case $prev in
        --state) files=1 ;;
        --id) values=none ;;
        -p | --pair) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --id --pair --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/trash/empty')
      case $prev in
        --state) files=1 ;;
        --older-than) values=none ;;
        -p | --pair) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --older-than --all-of-it --pair --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/cleanup')
      case $prev in
        --older-than) values=none ;;
        --keep-runs) values=none ;;
        --state) files=1 ;;
        -p | --pair) values=none ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--older-than --keep-runs --dry-run --json --state --pair --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/doctor')
      case $prev in
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/config')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='check show init'
          ;;
      esac
      ;;
    '/config/check')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/config/show')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/config/init')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/login')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='dropbox'
          ;;
      esac
      ;;
    '/login/dropbox')
      case $prev in
        --app-key) values=none ;;
        --app-secret) values=none ;;
        --code) values=none ;;
        --name) values=none ;;
        --endpoint) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--app-key --app-secret --code --name --endpoint --ca-file --json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/keys')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='generate recipients list rotate passphrase'
          ;;
      esac
      ;;
    '/keys/generate')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/keys/recipients')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands >= 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/keys/list')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/keys/rotate')
      case $prev in
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/keys/passphrase')
      case $prev in
        --state) files=1 ;;
        --endpoint) values=none ;;
        --region) values=none ;;
        --profile) values=none ;;
        --ca-file) files=1 ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --endpoint --region --profile --ca-file --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/state')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='check rebuild'
          ;;
      esac
      ;;
    '/state/check')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/state/rebuild')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --state --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/emulate')
      case $prev in
        --port) values=none ;;
        --data) files=1 ;;
        --listen) values=none ;;
        --latency) values=none ;;
        --jitter) values=none ;;
        --errors) values=none ;;
        --seed) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--port --data --listen --latency --jitter --errors --seed --json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && words='azure gcs dropbox'
          ;;
      esac
      ;;
    '/completions')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          ((operands == 0)) && words='bash zsh fish'
          ;;
      esac
      ;;
    '/man')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/version')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='debug info warning error' ;;
        *)
          names='--json --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
  esac

  COMPREPLY=()
  if [[ $values == none ]]; then
    return
  elif [[ -n $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
  elif [[ -z $files && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
  else
    [[ -n $words ]] && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    if [[ -n $files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
    fi
  fi
}

complete -F _isobar isobar
