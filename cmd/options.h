/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every option, one row each: X(ENUM, long name, letter, argument, value, help). A command's row says which it takes;
 * an option that means something else to another command has a row for each meaning.
 *
 * The value is one of the macros of options.c. The words that an option takes stand here alone: the help text, the
 * check and the completion have them from its row. An argument in brackets may be left out: the value is "" then.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#define CMD_OPTIONS(X)                                                                                                 \
    X(FILE, "file", 'f', "LAB", VALUE(FILES), "lab file (default: voiplab.ini, then $VOIPLAB_FILE)")                   \
    X(DRY_RUN, "dry-run", 'n', NULL, FLAG, "print the plan and touch nothing")                                         \
    X(CHECK, "check", 0, NULL, FLAG, "like --dry-run; exit 5 when anything differs")                                   \
    X(EXPLAIN, "explain", 0, NULL, FLAG, "print the plan as a lab note in Markdown and touch nothing")                 \
    X(JSON, "json", 0, NULL, FLAG, "print the result as JSON")                                                         \
    X(JSON_LINES, "json-lines", 0, NULL, FLAG,                                                                         \
      "print the figures of each second as JSON, a line each, and the result last")                                    \
    X(JOBS, "jobs", 'j', "N", NUMBER(256), "at most N targets at the same time (default 128)")                         \
    X(WAIT, "wait", 0, "SECONDS", NUMBER(86400), "how long to wait for a PBX to answer")                               \
    X(ROOT, "root", 0, "DIR", VALUE(DIRECTORIES), "the files of this host are those under DIR")                        \
    X(CONNECT, "connect", 'c', "URI", VALUE(TEXT), "libvirt URI instead of the lab file's")                            \
    X(STATE, "state", 0, "DIR", VALUE(DIRECTORIES),                                                                    \
      "where labs keep their secrets and keys (default /var/lib/voiplab)")                                             \
    X(CACHE, "cache", 0, "DIR", VALUE(DIRECTORIES), "where built images are kept (default /var/cache/voiplab)")        \
    X(SHARE, "share", 0, "DIR", VALUE(DIRECTORIES), "where recipes, numbering plans and scenarios are")                \
    X(SHOW_SECRETS, "show-secrets", 0, NULL, FLAG, "print secrets as they are instead of dots")                        \
    X(PRUNE, "prune", 0, NULL, FLAG, "stop and remove guests that the lab file has no more, with their disks")         \
    X(RESTART, "restart", 0, NULL, FLAG, "restart guests that run as they were before the lab file changed")           \
    X(NO_START, "no-start", 0, NULL, FLAG, "make the guests and do not start them")                                    \
    X(LONE, "lone", 0, NULL, FLAG, "the guests that create-vm made without a lab file, instead of a lab's")            \
    X(CLEAN, "clean", 0, NULL, FLAG, "throw the disk away, make a new one from the base image, and boot it")           \
    X(REPLACE, "replace", 0, NULL, FLAG, "what is there may be replaced")                                              \
    X(NO_BASE, "no-base", 0, NULL, FLAG, "leave the base images out; they are built or fetched again")                 \
    X(TAG, "tag", 0, "TAG", VALUE(TEXT), "what the snapshot is called; without one it is the ready state")             \
    X(YES, "yes", 'y', NULL, FLAG, "do not ask")                                                                       \
    X(LOAD_MODULES, "fix", 0, NULL, FLAG, "install packages and load modules that are missing, asking first")          \
    X(QUIET, "quiet", 'q', NULL, FLAG, "print results and problems only")                                              \
    X(VERBOSE, "verbose", 'v', NULL, FLAG, "print every step and every progress line")                                 \
    X(COLOR, "color", 0, "WHEN", WORDS("auto", "always", "never"), "when to colour")                                   \
    X(CPUINFO, "cpuinfo", 0, "FILE", VALUE(FILES), "look at FILE instead of /proc/cpuinfo")                            \
    X(MEMORY, "memory", 0, "SIZE", VALUE(TEXT), "memory of the guest, such as 300M")                                   \
    X(DISK, "disk", 0, "SIZE", VALUE(TEXT), "disk of the guest, such as 35G")                                          \
    X(CDROM, "cdrom", 0, "ISO", VALUE(FILES), "installation medium to boot from while the disk is empty")              \
    X(PXE, "pxe", 0, NULL, FLAG, "boot from the network while the disk is empty")                                      \
    X(LOCATION, "location", 0, "URL", VALUE(TEXT), "installation tree of the --os to install by hand from")            \
    X(BRIDGE, "bridge", 0, "NAME", VALUE(TEXT), "bridge that the guest's card joins (default br0)")                    \
    X(NETWORK, "network", 0, "NAME", VALUE(TEXT), "network of libvirt's, such as default (NAT), instead of a bridge")  \
    X(OS, "os", 0, "ID", VALUE(TEXT), "operating system, such as rhel5.4 or debian11: chooses devices that it knows")  \
    X(VCPUS, "vcpus", 0, "N", NUMBER(64), "processors of the guest (default 1)")                                       \
    X(TEMPLATE, "template", 't', "NAME", WORDS("quickstart", "classroom", "thesis"),                                   \
      "the lab to start from (default quickstart)")                                                                    \
    X(TIMEOUT, "timeout", 0, "SECONDS", NUMBER(86400),                                                                 \
      "take the change back when it is not confirmed by then (default 120)")                                           \
    X(COMMIT, "commit-if-reachable", 0, NULL, FLAG, "confirm by itself once what answered before answers again")       \
    X(REHEARSE, "rehearse", 0, "WHETHER", WORDS("yes", "no"), "try before whether the new files bring the bridge up")  \
    X(BOOT, "boot", 0, NULL, FLAG, "take back only a change that was cut off, as at boot")                             \
    X(BACKEND, "backend", 0, "NAME", VALUE(BACKENDS), "whose files to write")                                          \
    X(OUTPUT, "output", 0, "DIR", VALUE(DIRECTORIES),                                                                  \
      "directory of the profiles (default: phones in the state of the lab)")                                           \
    X(SERVE, "serve", 0, "[SECONDS]", NUMBER(86400),                                                                   \
      "hand each profile out once over HTTP, for so long at most (default 300)")                                       \
    X(RESYNC, "resync", 0, NULL, FLAG, "ask the phones to fetch their profiles")                                       \
    X(ADDRESS, "address", 0, "IP", VALUE(TEXT), "address of the phone instead of the lab file's")                      \
    X(CONTEXT, "context", 0, "NAME", VALUE(TEXT), "the context where the call comes in")                               \
    X(CALLERID, "callerid", 0, "NUMBER", VALUE(TEXT), "the caller's number (default: none)")                           \
    X(AT, "at", 0, "TIME", VALUE(TEXT), "'HH:MM', 'mon HH:MM' or 'YYYY-MM-DD HH:MM' (default: now)")                   \
    X(PRIORITY, "priority", 0, "N", NUMBER(1000000), "look for this priority (default 1)")                             \
    X(SET, "set", 0, "VARIABLE", VALUE(TEXT), "NAME=VALUE that the call comes with; several may be given")             \
    X(DB, "db", 0, "FILE", VALUE(FILES), "AstDB: what 'database show' printed")                                        \
    X(STEPS, "steps", 0, "N", NUMBER(100000), "follow so many steps at most (default 100)")                            \
    X(CONF, "conf", 0, "FILE", VALUE(FILES), "read this extensions.conf; no lab file is needed")                       \
    X(PBX, "pbx", 0, "NAME", VALUE(PBXS), "read what this PBX has, over SSH")                                          \
    X(DOT, "dot", 0, NULL, FLAG, "print the contexts as a graph for Graphviz")                                         \
    X(ASTERISK, "asterisk", 0, "VERSION", VALUE(TEXT),                                                                 \
      "the Asterisk that will run it, such as 1.8 or 22 (default 16)")                                                 \
    X(SIP, "sip", 0, "CONF", VALUE(FILES), "sip.conf (default: beside the file, when it is there)")                    \
    X(IAX, "iax", 0, "CONF", VALUE(FILES), "iax.conf (default: beside the file, when it is there)")                    \
    X(PJSIP, "pjsip", 0, "CONF", VALUE(FILES), "pjsip.conf (default: beside the file, when it is there)")              \
    X(COUNTRY, "country", 0, "CODE", VALUE(TEXT), "the numbering plan whose emergency numbers must be reached")        \
    X(IGNORE, "ignore", 0, "RULES", VALUE(RULES), "leave these rules out, separated by commas")                        \
    X(LEVEL, "level", 0, "LEVEL", WORDS("error", "warning", "notice"),                                                 \
      "tell, and fail at, this severity and worse (default warning)")                                                  \
    X(SARIF, "sarif", 0, NULL, FLAG, "print SARIF 2.1.0")                                                              \
    X(JUNIT, "junit", 0, NULL, FLAG, "print a JUnit report, a test case per trunk and call")                           \
    X(RULE_TABLE, "rules", 0, NULL, FLAG, "print the table of rules")                                                  \
    X(FIX_FILES, "fix", 0, NULL, FLAG, "print the diff that puts right what can be")                                   \
    X(WRITE, "yes", 'y', NULL, FLAG, "with --fix: change the files")                                                   \
    X(TARGET, "target", 0, "PBX", VALUE(PBXS),                                                                         \
      "call this PBX or provider, or ADDRESS[:PORT] of anybody, instead of the lab file's")                            \
    X(NUMBER_CALLED, "number", 0, "DIGITS", VALUE(TEXT), "the number that is called")                                  \
    X(ANSWER, "answer", 0, "NUMBER", VALUE(TEXT),                                                                      \
      "answer as this telephone of the lab, to see what comes all the way")                                            \
    X(CALLERS, "callers", 0, "WHO", VALUE(FILES),                                                                      \
      "who calls, by turns: all, for each telephone of the target, or a file of lines NUMBER;SECRET")                  \
    X(SCENARIO, "scenario", 0, "WHAT", VALUE(FILES),                                                                   \
      "call, media, callee-bye, pin, register, reregister, or an XML file of SIPp (default call)")                     \
    X(RATE, "rate", 0, "N", NUMBER(10000), "new calls a second")                                                       \
    X(CALLS, "calls", 0, "N", NUMBER(10000000), "calls in all")                                                        \
    X(HOLD, "hold", 0, "SECONDS", NUMBER(3600), "how long an answered call lasts")                                     \
    X(AT_ONCE, "concurrent", 0, "N", NUMBER(100000), "at most N calls at once")                                        \
    X(TCP, "tcp", 0, NULL, FLAG, "over TCP instead of UDP")                                                            \
    X(UNTRIED, "no-trial", 0, NULL, FLAG, "do not make one call first to see whether it is answered")                  \
    X(BY, "by", 0, "WHAT", WORDS("calls", "rate"), "look for calls at once, or for calls a second (default calls)")    \
    X(FAILURES, "failures", 0, "PERCENT", NUMBER(99),                                                                  \
      "so many calls of 100 may fail in a step that holds (default 0)")                                                \
    X(RETRANSMISSIONS, "retransmissions", 0, "PERCENT", DECIMAL(1000),                                                 \
      "messages may be sent again for 100 calls in a step that holds (default: any number)")                           \
    X(LOSS, "loss", 0, "PERCENT", DECIMAL(100),                                                                        \
      "so much of the sound may be lost in a step that holds (default: all)")                                          \
    X(MOS, "mos", 0, "SCORE", DECIMAL(5), "the sound of a step that holds has at least this MOS (default: any)")       \
    X(P95, "delay", 0, "MS", NUMBER(60000), "95 of 100 first answers may take so long (default 1000)")                 \
    X(PNG, "png", 0, NULL, FLAG, "each picture of the report as a PNG file as well")                                   \
    X(RESULTS, "output", 'o', "DIR", VALUE(DIRECTORIES),                                                               \
      "directory of the results (default: one in the state of the lab)")                                               \
    X(FOLLOW, "follow", 'F', NULL, FLAG, "go on with what is added, until it is interrupted")                          \
    X(CONSOLE, "console", 0, NULL, FLAG, "what the guest wrote on its serial console instead")                         \
    X(VNC, "vnc", 0, NULL, FLAG, "the screen instead: open virt-viewer, or say where it is")                           \
    X(READ, "read", 0, "FILE", VALUE(FILES), "look at a capture file instead of the wire")                             \
    X(WRITE_FRAMES, "write", 'w', "FILE", VALUE(FILES), "write what is heard into a new file, as pcapng")              \
    X(INTERFACE, "interface", 'i', "LINK", VALUE(TEXT), "the link to listen on (default: the lab's bridge)")           \
    X(SECONDS, "seconds", 0, "SECONDS", NUMBER(86400), "listen for so long at most (default 300)")                     \
    X(MOST, "size", 0, "SIZE", VALUE(TEXT), "listen until so much was heard (default 64M)")                            \
    X(LADDER, "ladder", 0, "[CALL]", NUMBER(1000000),                                                                  \
      "print who said what to whom in a call (default: one that failed)")                                              \
    X(SVG, "svg", 0, "FILE", VALUE(FILES), "write the ladder of the call into FILE as a picture")                      \
    X(ALL, "all", 0, NULL, FLAG, "list the labs of this host instead; no lab file is needed")                          \
    X(HELP, "help", 'h', NULL, FLAG, "print this help")

#endif
