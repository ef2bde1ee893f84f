import Testing

/// Constructs that must not be in a script.
struct ScriptRule: Sendable, CustomTestStringConvertible {
  let name: String
  let pattern: String
  /// A line that breaks it: a rule that finds nothing anywhere would say nothing.
  let offence: String
  var testDescription: String { name }

  init(_ name: String, _ pattern: String, _ offence: String) {
    (self.name, self.pattern, self.offence) = (name, pattern, offence)
  }
}

extension ScriptRule {
  /// Constructs that came to bash after 3.2.
  static let bash = [
    ScriptRule(
      "associative arrays, references, letter cases (4.0, 4.2, 4.3)",
      #"\b(declare|typeset|local)\s+-[a-zA-Z]*[AgIlnu]"#, "declare -A port"),
    ScriptRule(
      "mapfile, readarray, coproc (4.0)", #"\b(mapfile|readarray|coproc)\b"#, "mapfile -t lines"),
    ScriptRule("${x,,} and ${x^^} (4.0)", #"\$\{!?\w+(\[[^\]]*\])?(,|\^)"#, "echo ${name,,}"),
    ScriptRule("${x@Q} (4.4)", #"\$\{[^}]*@[A-Za-z]\}"#, "echo ${name@Q}"),
    ScriptRule("&>> and |& (4.0)", #"&>>|\|&"#, "make |& tee log"),
    ScriptRule(";& and ;;& (4.0)", #";&(?!&)"#, "a) echo ;;&"),
    ScriptRule("wait -n and -p (4.3, 5.1)", #"\bwait\s+-[fnp]"#, "wait -n"),
    ScriptRule("printf '%(…)T' (4.2)", #"\bprintf\b.*%[-0-9]*\([^)]*\)T"#, "printf '%(%s)T' -1"),
    ScriptRule("a[-1] (4.2, 4.3)", #"\w\[\s*-\s*[0-9]"#, "echo ${name[-1]}"),
    ScriptRule("${x:1:-1} (4.2)", #"\$\{[^}:]+:[^}:]*:\s*-"#, "echo ${name:1:-1}"),
    ScriptRule("[[ -v x ]] (4.2)", #"(\[|\btest)\s+(!\s+)?-[vR]\s"#, "[[ -v name ]]"),
    ScriptRule(
      "variables of later versions", #"\b(BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b"#,
      "echo $BASHPID"),
    ScriptRule(
      "options of later versions",
      #"\b(globstar|lastpipe|inherit_errexit|localvar_inherit|dirspell)\b"#, "shopt -s globstar"),
    ScriptRule(
      "{01..10} and {1..9..2} (4.0)",
      #"\{(0[0-9]+\.\.|-?[0-9]+\.\.0[0-9]|[^{}\s]+\.\.[^{}\s]+\.\.)"#,
      "echo {1..9..2}"),
    ScriptRule(
      "read -N, -i, or for part of a second (4.0, 4.1)",
      #"\bread\b[^|;&]*\s(-N|-i|-t\s*[0-9]*\.[0-9])"#, "read -t 0.5 x"),
    ScriptRule("{x}>file (4.1)", #"(^|\s)\{[A-Za-z_]\w*\}[<>]"#, "exec {log}>file"),
    ScriptRule(#"$'\u…' (4.2)"#, #"\$'[^']*\\[uU]"#, #"echo $'\u2026'"#),
    ScriptRule(
      "source <(…), which reads nothing there", #"(^|\s)(source|\.)\s+<\("#, "source <(make)"),
  ]

  /// Options that the tools of macOS lack, or read in another way.
  static let tools = [
    ScriptRule("readlink -f, -e, -m", #"\breadlink\s+-\w*[efm]"#, "readlink -f x"),
    ScriptRule(
      "sed -i without an ending", #"\bsed\b[^|]*\s(-\w*i\b|--in-place)"#, "sed -i s/a/b/ x"),
    ScriptRule(
      #"\+ \? \| \n of GNU sed and grep"#, #"\b(sed|grep)\s+(-[a-zA-Z]+\s+)*'[^']*\\[+?|n][^']*'"#,
      #"sed 's/a\+/b/'"#),
    ScriptRule("grep -P", #"\bgrep\s+-\w*P"#, "grep -oP x"),
    ScriptRule("stat -c", #"\bstat\s+(-c|--)"#, "stat -c %s x"),
    ScriptRule("date -d and %N", #"\bdate\s+(-d|-I|--|[^|;)]*%[0-9]?N)"#, "date +%s%N"),
    ScriptRule("timeout", #"\btimeout\s+(-|[0-9"$])"#, "timeout 5 x"),
    ScriptRule(
      "programs of GNU and Linux",
      #"(^|[\s(|;])(nproc|tac|setsid|flock|truncate|shuf|numfmt|getent|pidof|free|(sha\d+|md5)sum)\s"#,
      "sha256sum x"),
    ScriptRule("/proc", #"/proc/"#, "cat /proc/1/stat"),
    ScriptRule(
      "find -printf and its kind", #"\s-(printf|regextype|executable)\b"#, "find . -printf %P"),
    ScriptRule(
      "xargs -d and long options", #"\bxargs\s+(-[a-zA-Z]\s*("[^"]*"|\S+)\s+)*(-d|--)"#,
      "xargs -d x"),
    ScriptRule("cp, mv and ln -t and -T", #"\b(cp|mv|ln)\s+-\w*[tT]"#, "cp -t x y"),
    ScriptRule("ln -r", #"\bln\s+-\w*r"#, "ln -sr x y"),
    ScriptRule(
      "long options of the small tools",
      #"\b(cp|mv|ln|ls|rm|du|df|head|tail|sort|wc|mktemp|base64|cut|mkdir|touch)\s+([^|;&]*\s)?--[a-z]"#,
      "du --bytes x"),
    ScriptRule("head and tail of a negative number", #"\bhead\s+-[cn]\s*-"#, "head -n -1"),
    ScriptRule("base64 -w", #"\bbase64\s+-w"#, "base64 -w0"),
    ScriptRule("mktemp -p", #"\bmktemp\s+(-d\s+)?-p"#, "mktemp -p x"),
    ScriptRule(
      "functions of gawk", #"\b(gensub|strftime|systime|asorti?)\s*\("#, "awk '{ systime() }'"),
  ]
}
