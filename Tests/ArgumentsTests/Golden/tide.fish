# fish completion for tide

# Whether the words before the cursor lead to the command given.
function __tide_at
  set -l path ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case '-c' '--config' '--conflict' '-l' '--limit' '-j' '--jobs' '--stall' '-x' '--exclude'
        set skip 1
      case '-*'
      case '*'
        switch "$path/$word"
          case '/sync' '/conflicts' '/conflicts/list' '/conflicts/resolve' '/get'
            set path "$path/$word"
        end
    end
  end
  test "$path" = "$argv[1]"
end

complete -c tide -f
complete -c tide -n '__tide_at \'\'' -a 'sync' -d 'Make two places equal'
complete -c tide -n '__tide_at \'\'' -a 'conflicts' -d 'Show and settle conflicts'
complete -c tide -n '__tide_at \'\'' -a 'get' -d 'Fetch one file'
complete -c tide -n '__tide_at \'\'' -a 'help' -d 'Show help'
complete -c tide -n '__tide_at \'\'' -s 'c' -l 'config' -r -F -d 'Read this configuration'
complete -c tide -n '__tide_at \'\'' -s 'v' -l 'verbose' -d 'Say more; twice for everything'
complete -c tide -n '__tide_at \'\'' -l 'colour' -d 'Use colours'
complete -c tide -n '__tide_at \'\'' -l 'no-colour' -d 'Not: Use colours'
complete -c tide -n '__tide_at \'\'' -l 'version' -d 'Show the version and exit'
complete -c tide -n '__tide_at \'\'' -s 'h' -l 'help' -d 'Show help and exit'
complete -c tide -n '__tide_at \'/sync\'' -s 'n' -l 'dry-run' -d 'Show what would be done and do nothing'
complete -c tide -n '__tide_at \'/sync\'' -l 'conflict' -x -a 'newest largest keep-both' -d 'What to do with a file that was changed on both sides since they were last equal'
complete -c tide -n '__tide_at \'/sync\'' -s 'l' -l 'limit' -x -d 'Bytes per second'
complete -c tide -n '__tide_at \'/sync\'' -s 'j' -l 'jobs' -x -d 'Transfers at once'
complete -c tide -n '__tide_at \'/sync\'' -l 'stall' -x -d 'Give up on a silent server'
complete -c tide -n '__tide_at \'/sync\'' -s 'x' -l 'exclude' -x -d 'Leave these out'
complete -c tide -n '__tide_at \'/sync\'' -s 'c' -l 'config' -r -F -d 'Read this configuration'
complete -c tide -n '__tide_at \'/sync\'' -s 'v' -l 'verbose' -d 'Say more; twice for everything'
complete -c tide -n '__tide_at \'/sync\'' -l 'colour' -d 'Use colours'
complete -c tide -n '__tide_at \'/sync\'' -l 'no-colour' -d 'Not: Use colours'
complete -c tide -n '__tide_at \'/sync\'' -s 'h' -l 'help' -d 'Show help and exit'
complete -c tide -n '__tide_at \'/sync\'' -F
complete -c tide -n '__tide_at \'/sync\'' -F
complete -c tide -n '__tide_at \'/conflicts\'' -a 'list' -d 'List what waits'
complete -c tide -n '__tide_at \'/conflicts\'' -a 'resolve' -d 'Settle one'
complete -c tide -n '__tide_at \'/conflicts\'' -s 'c' -l 'config' -r -F -d 'Read this configuration'
complete -c tide -n '__tide_at \'/conflicts\'' -s 'v' -l 'verbose' -d 'Say more; twice for everything'
complete -c tide -n '__tide_at \'/conflicts\'' -l 'colour' -d 'Use colours'
complete -c tide -n '__tide_at \'/conflicts\'' -l 'no-colour' -d 'Not: Use colours'
complete -c tide -n '__tide_at \'/conflicts\'' -s 'h' -l 'help' -d 'Show help and exit'
complete -c tide -n '__tide_at \'/conflicts/list\'' -s 'c' -l 'config' -r -F -d 'Read this configuration'
complete -c tide -n '__tide_at \'/conflicts/list\'' -s 'v' -l 'verbose' -d 'Say more; twice for everything'
complete -c tide -n '__tide_at \'/conflicts/list\'' -l 'colour' -d 'Use colours'
complete -c tide -n '__tide_at \'/conflicts/list\'' -l 'no-colour' -d 'Not: Use colours'
complete -c tide -n '__tide_at \'/conflicts/list\'' -s 'h' -l 'help' -d 'Show help and exit'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -s 'c' -l 'config' -r -F -d 'Read this configuration'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -s 'v' -l 'verbose' -d 'Say more; twice for everything'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -l 'colour' -d 'Use colours'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -l 'no-colour' -d 'Not: Use colours'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -s 'h' -l 'help' -d 'Show help and exit'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -a 'left right'
complete -c tide -n '__tide_at \'/conflicts/resolve\'' -F
complete -c tide -n '__tide_at \'/get\'' -s 'c' -l 'config' -r -F -d 'Read this configuration'
complete -c tide -n '__tide_at \'/get\'' -s 'v' -l 'verbose' -d 'Say more; twice for everything'
complete -c tide -n '__tide_at \'/get\'' -l 'colour' -d 'Use colours'
complete -c tide -n '__tide_at \'/get\'' -l 'no-colour' -d 'Not: Use colours'
complete -c tide -n '__tide_at \'/get\'' -s 'h' -l 'help' -d 'Show help and exit'
complete -c tide -n '__tide_at \'/get\'' -F
complete -c tide -n '__tide_at \'/get\'' -F
