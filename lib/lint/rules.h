/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rules: X(ID, name, severity, since, before, check, summary). Those of the loader first, under the names that its
 * diagnostics have; `since` and `before` are versions as vl_version_number() gives them, 0: no limit.
 */
#ifndef VL_LINT_RULES_H
#define VL_LINT_RULES_H

#define VL_LINT_LOADER_RULES(X)                                                                                        \
    X(FILE_MISSING, "file-missing", ERROR, 0, 0, vl_lint_check_loader,                                                 \
      "#include of a file that is not there: Asterisk loads nothing at all")                                           \
    X(FILE_TRIED, "tryinclude-missing", NOTICE, 0, 0, vl_lint_check_loader, "#tryinclude of a file that is not there") \
    X(FILE_DEPTH, "include-depth", ERROR, 0, 0, vl_lint_check_loader, "files include each other too deeply")           \
    X(EXEC, "exec", NOTICE, 0, 0, vl_lint_check_loader, "#exec: what it prints is not looked at")                      \
    X(DIRECTIVE_UNKNOWN, "directive-unknown", WARNING, 0, 0, vl_lint_check_loader,                                     \
      "a line with # that is no directive")                                                                            \
    X(DIRECTIVE_EMPTY, "directive-empty", WARNING, 0, 0, vl_lint_check_loader, "#include without a name")              \
    X(LINE_LONG, "line-too-long", ERROR, 0, 0, vl_lint_check_loader, "a line that Asterisk drops for its length")      \
    X(COMMENT_OPEN, "comment-open", ERROR, 0, 0, vl_lint_check_loader, "a comment ;-- without its end --;")            \
    X(COMMENT_CLOSED, "comment-not-open", ERROR, 0, 0, vl_lint_check_loader,                                           \
      "--; without ;--: what follows in the file is lost")                                                             \
    X(COMMENT_DEPTH, "comment-depth", ERROR, 0, 0, vl_lint_check_loader, "too many comments inside of each other")     \
    X(SECTION_BROKEN, "section-broken", ERROR, 0, 0, vl_lint_check_loader,                                             \
      "a [section] without its end: Asterisk loads nothing at all")                                                    \
    X(SECTION_BASE, "template-missing", ERROR, 0, 0, vl_lint_check_loader,                                             \
      "a section after a template that is not there: Asterisk loads nothing at all")                                   \
    X(SECTION_NONE, "line-before-section", ERROR, 0, 0, vl_lint_check_loader,                                          \
      "a line before the first [section]: Asterisk loads nothing at all")                                              \
    X(LINE_BROKEN, "line-without-equals", WARNING, 0, 0, vl_lint_check_loader, "a line without '=': dropped")          \
    X(ESCAPE, "escape-broken", ERROR, 0, 0, vl_lint_check_loader, "a lone backslash: Asterisk loads nothing at all")   \
    X(KEY_UNKNOWN, "key-unknown", WARNING, 0, 0, vl_lint_check_loader, "a line that is no exten, same, include ...")   \
    X(SAME_FIRST, "same-without-exten", ERROR, 0, 0, vl_lint_check_loader, "same before any exten: dropped")           \
    X(LABEL_OPEN, "label-without-end", ERROR, 0, 0, vl_lint_check_loader, "a label without ')': the line is dropped")  \
    X(LABEL_TWICE, "label-twice", WARNING, 0, 0, vl_lint_check_loader,                                                 \
      "a label that the extension has already: dropped")                                                               \
    X(NEXT_FIRST, "next-first", ERROR, 0, 0, vl_lint_check_loader, "n as the first priority: the line is dropped")     \
    X(SAME_PRIORITY_FIRST, "same-first", ERROR, 0, 0, vl_lint_check_loader,                                            \
      "s as the first priority: the line is dropped")                                                                  \
    X(NEXT_AFTER_HINT, "next-after-hint", ERROR, 0, 0, vl_lint_check_loader, "n after a hint: dropped without a word") \
    X(NEXT_ACROSS, "next-across-extensions", WARNING, 0, 0, vl_lint_check_loader,                                      \
      "n goes on from the number of another extension")                                                                \
    X(PRIORITY_UNKNOWN, "priority-unknown", ERROR, 0, 0, vl_lint_check_loader,                                         \
      "a priority that is neither a number nor a label: the line is dropped")                                          \
    X(PRIORITY_SMALL, "priority-below-one", ERROR, 0, 0, vl_lint_check_loader,                                         \
      "a priority below 1: the line is dropped")                                                                       \
    X(PRIORITY_TWICE, "priority-twice", ERROR, 0, 0, vl_lint_check_loader,                                             \
      "a priority that the extension has already: the line is dropped")                                                \
    X(PARENTHESIS, "parenthesis-open", WARNING, 0, 0, vl_lint_check_loader, "an application without ')'")              \
    X(PATTERN_WIDE, "pattern-matches-all", WARNING, 0, 0, vl_lint_check_loader,                                        \
      "_. or _!, which also match s, i, t and h")                                                                      \
    X(PATTERN_OPEN, "set-open", ERROR, 0, 0, vl_lint_check_loader, "a pattern with [ but no ]: it never matches")      \
    X(NAME_EMPTY, "name-empty", ERROR, 0, 0, vl_lint_check_loader, "an extension without a name: the line is dropped") \
    X(NAME_LONG, "name-too-long", WARNING, 0, 0, vl_lint_check_loader,                                                 \
      "a name that is longer than a channel can hold")                                                                 \
    X(INCLUDE_TWICE, "include-twice", WARNING, 0, 0, vl_lint_check_loader,                                             \
      "an include that is there already: dropped")                                                                     \
    X(INCLUDE_UNKNOWN, "include-unknown", WARNING, 0, 0, vl_lint_check_loader,                                         \
      "an include of a context that is not there")                                                                     \
    X(INCLUDE_TIME, "include-time", ERROR, 0, 0, vl_lint_check_loader, "times of an include that mean nothing")        \
    X(SWITCH_TWICE, "switch-twice", WARNING, 0, 0, vl_lint_check_loader, "a switch that is there already: dropped")    \
    X(IGNOREPAT_TWICE, "ignorepat-twice", WARNING, 0, 0, vl_lint_check_loader, "an ignorepat that is there already")   \
    X(OTHER_LANGUAGE, "other-language", NOTICE, 0, 0, vl_lint_check_loader, "AEL or Lua, which is not looked at")

#define VL_LINT_OWN_RULES(X)                                                                                           \
    X(NO_FIRST, "no-priority-1", WARNING, 0, 0, vl_lint_check_steps,                                                   \
      "an extension without priority 1: nobody can dial it")                                                           \
    X(GAP, "priority-gap", WARNING, 0, 0, vl_lint_check_steps, "a priority is missing: what follows never runs")       \
    X(JUMP, "priority-jump", WARNING, 104, 0, vl_lint_check_steps, "a step at +101, where Asterisk jumps no longer")   \
    X(STEP_DEAD, "step-unreachable", WARNING, 0, 0, vl_lint_check_steps, "a step behind one that never goes on")       \
    X(LEAK, "priority-leak", WARNING, 0, 0, vl_lint_check_leak,                                                        \
      "where an extension ends, the steps of another one go on")                                                       \
    X(SHADOWED, "shadowed", WARNING, 0, 0, vl_lint_check_shadow,                                                       \
      "an extension that no number reaches: those before it in its context match all of them")                         \
    X(SHADOWED_INCLUDE, "shadowed-include", WARNING, 0, 0, vl_lint_check_shadow,                                       \
      "an included extension that no number reaches from the context that includes it")                                \
    X(INCLUDE_CIRCULAR, "include-circular", WARNING, 0, 0, vl_lint_check_includes, "contexts that include each other") \
    X(INCLUDE_EMPTY, "include-empty", NOTICE, 0, 0, vl_lint_check_includes,                                            \
      "an include of a context with nothing in it")                                                                    \
    X(LINE_WITHOUT_S, "line-without-s", WARNING, 0, 0, vl_lint_check_reached,                                          \
      "calls of an analogue line, which begin at s, start where there is no s")                                        \
    X(TRUNK_ONLY_S, "trunk-only-s", WARNING, 0, 0, vl_lint_check_trunks,                                               \
      "calls of a trunk, which carry a number, start where there is s only")                                           \
    X(CONTEXT_UNREACHED, "context-unreached", NOTICE, 0, 0, vl_lint_check_reached, "a context that nothing leads to")  \
    X(CONTEXT_MISSING, "context-missing", WARNING, 0, 0, vl_lint_check_reached,                                        \
      "a file of devices names a context that is not there")                                                           \
    X(GOTO, "goto-nowhere", ERROR, 0, 0, vl_lint_check_places,                                                         \
      "a jump to a context, extension or priority that is not there")                                                  \
    X(RETURN, "return-without-gosub", WARNING, 0, 0, vl_lint_check_places, "Return where nothing came by Gosub")       \
    X(GLOBAL, "global-undefined", WARNING, 0, 0, vl_lint_check_globals, "a global variable that nothing defines")      \
    X(VARIABLE, "variable-unset", WARNING, 0, 0, vl_lint_check_globals,                                                \
      "a variable that nothing sets, one letter from one that is set")                                                 \
    X(GENERAL, "general-in-globals", WARNING, 0, 0, vl_lint_check_globals,                                             \
      "a setting of [general] that stands in [globals]")                                                               \
    X(PEER, "peer-missing", WARNING, 0, 0, vl_lint_check_devices,                                                      \
      "a device that sip.conf, iax.conf or pjsip.conf lack")                                                           \
    X(HINT_OTHER, "hint-other-device", NOTICE, 0, 0, vl_lint_check_devices,                                            \
      "a hint for another device than the one dialled")                                                                \
    X(MAILBOX, "mailbox-missing", WARNING, 0, 0, vl_lint_check_devices, "a mailbox that voicemail.conf lacks")         \
    X(QUEUE, "queue-missing", WARNING, 0, 0, vl_lint_check_devices, "a queue that queues.conf lacks")                  \
    X(SECRET_WEAK, "secret-weak", WARNING, 0, 0, vl_lint_check_accounts, "an account whose secret is easily guessed")  \
    X(SECRET_MISSING, "secret-missing", ERROR, 0, 0, vl_lint_check_accounts,                                           \
      "an account that anybody can register as: it has no secret")                                                     \
    X(CHALLENGE, "challenge-missing", WARNING, 0, 0, vl_lint_check_accounts,                                           \
      "an endpoint of pjsip.conf that takes calls of whoever says its name")                                           \
    X(GUESTS, "guests-allowed", WARNING, 0, 2100, vl_lint_check_accounts, "sip.conf takes calls of anybody")           \
    X(APPLICATION, "application-unknown", ERROR, 0, 0, vl_lint_check_applications,                                     \
      "an application that Asterisk does not have: the call ends there")                                               \
    X(REMOVED, "removed", ERROR, 0, 0, vl_lint_check_versions,                                                         \
      "an application, function or channel that this Asterisk lacks")                                                  \
    X(DEPRECATED, "deprecated", WARNING, 0, 0, vl_lint_check_versions,                                                 \
      "an application, function or channel that a later Asterisk lacks")                                               \
    X(PIPE, "pipe-delimiter", ERROR, 106, 0, vl_lint_check_versions, "arguments separated by '|'")                     \
    X(UNBALANCED, "unbalanced", WARNING, 0, 0, vl_lint_check_syntax, "brackets or quotes that do not close")           \
    X(LETTER, "pattern-letter", WARNING, 0, 0, vl_lint_check_names,                                                    \
      "N, X or Z in a pattern that was meant as a letter")                                                             \
    X(UNDERSCORE, "pattern-without-underscore", WARNING, 0, 0, vl_lint_check_names, "a pattern without '_' in front")  \
    X(DIAL, "dial-unfiltered", WARNING, 0, 0, vl_lint_check_dial,                                                      \
      "what a caller dialled reaches Dial with '&' and '/' in it")                                                     \
    X(TOLL, "toll-open", WARNING, 0, 0, vl_lint_check_emergency,                                                       \
      "international calls without a PIN or any other question")                                                       \
    X(TOLL_GUEST, "toll-guest", ERROR, 0, 0, vl_lint_check_emergency, "callers without an account can dial out")       \
    X(EMERGENCY, "emergency-missing", ERROR, 0, 0, vl_lint_check_emergency,                                            \
      "telephones that dial out but not for help")                                                                     \
    X(EMERGENCY_SHADOWED, "emergency-shadowed", ERROR, 0, 0, vl_lint_check_emergency,                                  \
      "an emergency number that another extension catches")                                                            \
    X(EMERGENCY_PIN, "emergency-pin", ERROR, 0, 0, vl_lint_check_emergency, "an emergency number behind a PIN")        \
    X(TONE, "tone-without-end", NOTICE, 0, 0, vl_lint_check_habits,                                                    \
      "Congestion() or Busy() that go on until the caller hangs up")                                                   \
    X(ARGUMENT, "argument-unused", NOTICE, 0, 0, vl_lint_check_habits,                                                 \
      "an argument that the routine does not look at")                                                                 \
    X(UNQUOTED, "expression-unquoted", WARNING, 0, 0, vl_lint_check_expressions,                                       \
      "a variable that may be empty stands without quotes beside an operator of $[ ]")                                 \
    X(EXPRESSION, "expression-broken", WARNING, 0, 0, vl_lint_check_expressions,                                       \
      "$[ ] with an operator that lacks a side, or words without one between them")                                    \
    X(CONDITION, "condition-text", WARNING, 0, 0, vl_lint_check_expressions,                                           \
      "a condition with text outside of $[ ], which is not computed")                                                  \
    X(QUESTION, "condition-without-mark", WARNING, 0, 0, vl_lint_check_expressions,                                    \
      "GotoIf() or its like without '?': it does nothing")                                                             \
    X(TIME, "time-wrong", WARNING, 0, 0, vl_lint_check_expressions,                                                    \
      "times of GotoIfTime() or ExecIfTime() that mean nothing")                                                       \
    X(SET, "set-wrong", WARNING, 0, 0, vl_lint_check_values, "a Set() that sets nothing, or another variable")         \
    X(FUNCTION, "function-unknown", WARNING, 0, 0, vl_lint_check_functions,                                            \
      "a function that Asterisk does not have: what it would give is empty")                                           \
    X(READ_ONLY, "function-read-only", WARNING, 106, 0, vl_lint_check_functions,                                       \
      "a Set() of a function that only reads")                                                                         \
    X(FUNCTION_SHORT, "function-arguments", WARNING, 106, 0, vl_lint_check_arguments,                                  \
      "a function with fewer arguments than it needs: what it gives is empty")                                         \
    X(FUNCTION_WORD, "function-word", WARNING, 106, 0, vl_lint_check_arguments,                                        \
      "a function that is asked for something that it does not know, as CALLERID(nonsense)")                           \
    X(PART, "part-wrong", WARNING, 0, 0, vl_lint_check_arguments,                                                      \
      "a part of a value, ${NAME:OFFSET:LENGTH}, whose numbers are none")                                              \
    X(MODULE, "module-missing", ERROR, 0, 0, vl_lint_check_modules,                                                    \
      "an application, function or channel whose module modules.conf does not load")                                   \
    X(BRACES, "reference-without-dollar", WARNING, 0, 0, vl_lint_check_values,                                         \
      "{NAME} without '$', or $NAME without braces, which are text")                                                   \
    X(SOUND, "sound-suffix", WARNING, 0, 0, vl_lint_check_values,                                                      \
      "a sound with the suffix of its file, which Asterisk adds itself")                                               \
    X(QUOTES, "quotes-typographic", WARNING, 0, 0, vl_lint_check_values, "quotes of a word processor, which are text") \
    X(EXTRA, "parenthesis-extra", WARNING, 0, 0, vl_lint_check_values,                                                 \
      "a ')' too many, or a second application on a line")                                                             \
    X(NO_RETURN, "gosub-without-return", WARNING, 0, 0, vl_lint_check_routines,                                        \
      "a Gosub() to a routine that has no Return(): the call ends in it")                                              \
    X(GOSUB_VALUES, "gosub-values", WARNING, 106, 0, vl_lint_check_routines,                                           \
      "values behind the priority of Gosub() without brackets, which are lost")                                        \
    X(LOOP, "endless-loop", WARNING, 0, 0, vl_lint_check_routines,                                                     \
      "steps that jump back to themselves, without a way out or a pause")                                              \
    X(MENU, "menu-without-wait", WARNING, 0, 0, vl_lint_check_routines,                                                \
      "a menu that ends with Background(): whoever waits for its end is hung up")                                      \
    X(TAKES_H, "pattern-takes-h", WARNING, 0, 0, vl_lint_check_names,                                                  \
      "a pattern that also matches h, so that it runs after every call")                                               \
    X(NEVER, "pattern-never", WARNING, 0, 0, vl_lint_check_names,                                                      \
      "a pattern that no number matches, or with a part that counts for nothing")                                      \
    X(EXTEN_GENERAL, "exten-in-general", ERROR, 0, 0, vl_lint_check_general,                                           \
      "an extension in [general] or [globals], where it is none")                                                      \
    X(PIN, "pin-readable", NOTICE, 0, 0, vl_lint_check_pins, "a PIN in the dialplan, where 'dialplan show' prints it") \
    X(PASSWORD, "secret-readable", NOTICE, 0, 0, vl_lint_check_pins, "a password of an account in the dialplan")

#define VL_LINT_RULES(X) VL_LINT_LOADER_RULES(X) VL_LINT_OWN_RULES(X)

#endif
