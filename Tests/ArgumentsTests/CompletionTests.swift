import Arguments
import Testing

struct CompletionTests {
  let folder = Folder()

  init() {
    _ = folder.add("notes one.txt", "")
    _ = folder.add("nothing.txt", "")
  }

  @Test func `the scripts are as recorded`() {
    expectGolden(CompletionScripts.bash(sampleTree), "tide.bash")
    expectGolden(CompletionScripts.zsh(sampleTree), "tide.zsh")
    expectGolden(CompletionScripts.fish(sampleTree), "tide.fish")
  }

  func bash(_ words: String...) -> [String] {
    let script = folder.add("tide.bash", CompletionScripts.bash(sampleTree))
    let list = words.map { "'\($0)'" }.joined(separator: " ")
    let driver = folder.add(
      "driver",
      """
      source \(script)
      complete -p tide >/dev/null || echo 'not registered'
      COMP_WORDS=(tide \(list)); COMP_CWORD=\(words.count)
      _tide
      ((${#COMPREPLY[@]})) && printf '%s\\n' "${COMPREPLY[@]}"
      """)
    return folder.run("bash --norc \(driver)").split(separator: "\n").map(String.init).sorted()
  }

  @Test(.enabled(if: isInstalled("bash"))) func `bash completes commands, options, words and files`() {
    #expect(bash("") == ["conflicts", "get", "help", "sync"])
    #expect(bash("conf") == ["conflicts"])
    #expect(bash("conflicts", "") == ["list", "resolve"])
    #expect(bash("sync", "--co") == ["--colour", "--config", "--conflict"])
    #expect(bash("sync", "--conflict", "n") == ["newest"])
    #expect(bash("sync", "--conflict", "=", "k") == ["keep-both"])
    #expect(bash("sync", "--conflict", "=") == ["keep-both", "largest", "newest"])
    #expect(bash("sync", "--jobs", "") == [])
    #expect(bash("sync", "--jobs", "4", "not") == ["notes one.txt", "nothing.txt"])
    #expect(bash("--config", "notes") == ["notes one.txt"])
    #expect(bash("--config", "sync", "conflicts", "l") == ["list"])
    #expect(bash("conflicts", "resolve", "") == ["left", "right"])
    #expect(bash("conflicts", "resolve", "left", "nothi") == ["nothing.txt"])
    #expect(bash("get", "a", "b", "n") == [])
  }

  @Test(.enabled(if: isInstalled("fish"))) func `fish completes commands, options, words and files`() {
    let script = folder.add("tide.fish", CompletionScripts.fish(sampleTree))
    func fish(_ line: String) -> [String] {
      let driver = folder.add("driver.fish", "source \(script)\ncomplete -C \"\(line)\"\n")
      return folder.run("fish --no-config \(driver)").split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }.sorted()
    }
    #expect(fish("tide ") == ["conflicts", "get", "help", "sync"])
    #expect(fish("tide conflicts ") == ["list", "resolve"])
    #expect(fish("tide sync --conf") == ["--config", "--conflict"])
    #expect(fish("tide sync --conflict ") == ["keep-both", "largest", "newest"])
    #expect(fish("tide --config sync conflicts l") == ["list"])
    #expect(fish("tide sync noth") == ["nothing.txt"])
    #expect(fish("tide conflicts list noth") == [])
    #expect(fish("tide conflicts resolve le") == ["left"])
  }

  @Test(.enabled(if: isInstalled("zsh"))) func `zsh accepts the script and completes with it`() {
    let script = folder.add("tide.zsh", CompletionScripts.zsh(sampleTree))
    #expect(folder.run("zsh -f -n \(script)") == "")
    func zsh(_ line: String, lists expected: String) -> Bool {
      // A real line editor on a pseudo terminal; what it lists is what a person would see. Reading waits for the words expected.
      let driver = folder.add(
        "driver.zsh",
        """
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z 'PS1= ; autoload -Uz compinit; compinit -u -D; source \(script); stty cols 200; LISTMAX=0'
        zpty -w z 'print READY-TO-GO'
        zpty -r -m z all '*READY-TO-GO*READY-TO-GO*'
        zpty -n -w z '\(line)'$'\\t\\t'
        zpty -r -m z all '*\(expected)*' && print found
        zpty -d z
        """)
      return folder.run("timeout 20 zsh -f \(driver)") == "found\n"
    }
    #expect(zsh("tide ", lists: "conflicts*Make two places equal"))
    #expect(zsh("tide sync --conflict=", lists: "keep-both*largest"))
    #expect(zsh("tide conflicts resolve ", lists: "left*right"))
  }
}
