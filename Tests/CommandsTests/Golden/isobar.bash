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
      -c | --config | --log-file | --log-level | --state | -p | --pair | -l | --limit | --run) skip=1; continue ;;
      -?*) continue ;;
    esac
    case "$path/$word" in
      '/status') path='/status' ;;
      '/history') path='/history' ;;
      '/conflicts') path='/conflicts' ;;
      '/trash') path='/trash' ;;
      '/state') path='/state' ;;
      '/completions') path='/completions' ;;
      '/man') path='/man' ;;
      '/version') path='/version' ;;
      '/conflicts/list') path='/conflicts/list' ;;
      '/conflicts/show') path='/conflicts/show' ;;
      '/trash/list') path='/trash/list' ;;
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
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --version --help'
          words='status history conflicts trash state completions man version help'
          ;;
      esac
      ;;
    '/status')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
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
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--json --state --limit --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/conflicts')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='list show'
          ;;
      esac
      ;;
    '/conflicts/list')
      case $prev in
        --state) files=1 ;;
        -p | --pair) values=none ;;
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
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
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--json --state --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/trash')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          words='list'
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
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--json --state --run --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/state')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
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
        --log-level) values='trace debug info notice warning error' ;;
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
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--json --state --pair --config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/completions')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
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
        --log-level) values='trace debug info notice warning error' ;;
        *)
          names='--config --quiet --verbose --color --no-color --log-file --log-level --help'
          ;;
      esac
      ;;
    '/version')
      case $prev in
        -c | --config) files=1 ;;
        --log-file) files=1 ;;
        --log-level) values='trace debug info notice warning error' ;;
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
