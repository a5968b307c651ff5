# bash completion for tide

_tide() {
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
      -c | --config | --conflict | -l | --limit | -j | --jobs | --stall | -x | --exclude) skip=1; continue ;;
      -?*) continue ;;
    esac
    case "$path/$word" in
      '/sync') path='/sync' ;;
      '/conflicts') path='/conflicts' ;;
      '/get') path='/get' ;;
      '/conflicts/list') path='/conflicts/list' ;;
      '/conflicts/resolve') path='/conflicts/resolve' ;;
      *) ((operands++)) ;;
    esac
  done

  local values='' files='' names='' words=''
  case $path in
    '')
      case $prev in
        -c | --config) files=1 ;;
        *)
          names='--config --verbose --colour --no-colour --version --help'
          words='sync conflicts get help'
          ;;
      esac
      ;;
    '/sync')
      case $prev in
        --conflict) values='newest largest keep-both' ;;
        -l | --limit) values=none ;;
        -j | --jobs) values=none ;;
        --stall) values=none ;;
        -x | --exclude) values=none ;;
        -c | --config) files=1 ;;
        *)
          names='--dry-run --conflict --limit --jobs --stall --exclude --config --verbose --colour --no-colour --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands >= 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/conflicts')
      case $prev in
        -c | --config) files=1 ;;
        *)
          names='--config --verbose --colour --no-colour --help'
          words='list resolve'
          ;;
      esac
      ;;
    '/conflicts/list')
      case $prev in
        -c | --config) files=1 ;;
        *)
          names='--config --verbose --colour --no-colour --help'
          ;;
      esac
      ;;
    '/conflicts/resolve')
      case $prev in
        -c | --config) files=1 ;;
        *)
          names='--config --verbose --colour --no-colour --help'
          ((operands == 0)) && words='left right'
          ((operands >= 1)) && [[ $cur != -* ]] && files=1
          ;;
      esac
      ;;
    '/get')
      case $prev in
        -c | --config) files=1 ;;
        *)
          names='--config --verbose --colour --no-colour --help'
          ((operands == 0)) && [[ $cur != -* ]] && files=1
          ((operands == 1)) && [[ $cur != -* ]] && files=1
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

complete -F _tide tide
