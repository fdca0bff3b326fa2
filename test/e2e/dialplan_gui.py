"""Dialplans in the manner of FreePBX and Issabel, made at random: macros in macros, AstDB, globals that are empty, routines in
the options of Dial, catch-alls. See dialplan_steps.sh.

Each call writes only what bears its own number, since all of a plan are made at once.
"""
import random

EXTENSIONS = ["101", "102", "103", "104"]
NUMBERS = EXTENSIONS + ["*97", "*72999", "601", "700", "9099123", "0991234567", "911", "88", "*9", "555", "1"]


class Gui:
    """What is random is how a line asks, and what AstDB and the globals hold."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self, *choices):
        return self.random.choice(choices)

    def database(self):
        """[(family/key, value)]"""
        r, rows = self.random, []
        for number in EXTENSIONS:
            for key, values in [("AMPUSER/%s/cidname", ["Ana", "Luis Mora", "x", "A:B"]), ("AMPUSER/%s/device", [number, number + "&200"]),
                                ("AMPUSER/%s/voicemail", ["default", "novm", "disabled"]), ("AMPUSER/%s/ringtimer", ["0", "15", "7"]),
                                ("AMPUSER/%s/outboundcid", ["\"Lab\" <555>", "5551", ""]), ("AMPUSER/%s/followme/grplist", ["101-102", "103#-101", ""]),
                                ("DEVICE/%s/dial", ["Local/ring@ring", "Local/ring@ring&Local/ring@ring"]), ("DEVICE/%s/user", [number, "none"]),
                                ("CFU/%s", ["102", "0991", ""]), ("CFB/%s", ["600"]), ("CW/%s", ["ENABLED"]), ("DND/%s", ["YES", ""])]:
                if r.random() < (0.25 if key[0] in "CD" and key[2] != "V" else 0.8):
                    rows.append((key % number, r.choice(values)))
        return rows

    def globals(self):
        r = self.random
        rows = [(name, r.choice(values)) for name, values in [
            ("RINGTIMER", ["15", "", "0"]), ("DIAL_OPTIONS", ["Ttr", "", "r"]), ("TRUNK_OPTIONS", [""]), ("OPERATOR", ["", "101"]),
            ("OPERATOR_XTN", [""]), ("VM_PREFIX", ["*", ""]), ("OUT_1", ["Local/ring@ring"]), ("OUT_1_SUFFIX", [""]), ("OUTMAXCHANS_1", ["2", "", "0"]),
            ("OUTCID_1", ["", "5550000"]), ("OUTPREFIX_1", ["", "9", "w"]), ("OUTDISABLE_1", ["off", "on", ""]), ("NULL", ["\"\""]),
            ("FMGRP", ["FMGL-"]), ("INTERCOMCODE", ["*80", "nointercom"]), ("CALLFILENAME", ["\"\""]), ("MENU", ["EXT-555", ""])]]
        return ["%s=%s" % row for row in rows if r.random() < 0.9]

    def test(self, name):
        """A condition as such plans write it, on something that may be empty."""
        word = self.one("", "101", "novm", "YES", "0", "15", "on", "TRUE", "2")
        return self.one('$["%s" = "%s"]' % (name, word), '$["x%s"="x%s"]' % (name, word), '$["%s" != "%s"]' % (name, word), '$["foo%s" = "foo"]' % name,
                        "$[${LEN(%s)} > 0]" % name, '$["${LEN(%s)}" = "0"]' % name, "${ISNULL(%s)}" % name, "${EXISTS(%s)}" % name,
                        '$["%s" > "%s"]' % (name, word), '$["%s":"[0-9]+" > 0]' % name, '${REGEX("^[0-9]+$" %s)}' % name, "$[%s + 0 > 5]" % ("0" + name),
                        '$[$["%s" = ""] | $["%s" = "0"]]' % (name, name), '$["${CUT(W_%s,-,1)}" = ""]' % self.one("NUM", "A"), name,
                        '$["%s" = "%s" & "${ARG2}" != ""]' % (name, word), "$[%s = %s]" % ('"' + name + '"', '"' + word + '"'))

    def thing(self):
        """What may hold something, or nothing."""
        number = self.one("${NUM}", "${ARG1}", "101", "102", "${EXTTOCALL}", "${ARG2}", "${AMPUSER}", "${NOTSET}")
        return self.one("${ARG1}", "${ARG2}", "${ARG3}", "${ARG9}", "${NUM}", "${AMPUSER}", "${NOTSET}", "${RINGTIMER}", "${OPERATOR}", "${MENU:0:3}",
                        "${MENU:4}", "${DB(AMPUSER/%s/voicemail)}" % number, "${DB(AMPUSER/%s/cidname)}" % number, "${DB(CFU/%s)}" % number,
                        "${DB(DND/%s)}" % number, "${DB_EXISTS(CW/%s)}" % number, "${DB(OWN/${NUM})}", "${DB(DEVICE/%s/user)}" % number,
                        "${DB(AMPUSER/%s/ringtimer)}" % number, "${CALLERID(num)}", "${CALLERID(name)}", "${MACRO_DEPTH}", "${MACRO_EXTEN}", "${MACRO_CONTEXT}",
                        "${ARGC}", "${EXTTOCALL}", "${RESULT}", "${GOSUB_RETVAL}", "${EXTEN}", "${EXTEN:1}", "${LIST}", "${FIELDQTY(LIST,-)}", "${CUT(LIST,-,2)}",
                        "${CUT(LIST,-,2-)}", "${HASH(h,${NUM})}", "${GROUP(g${NUM})}", "${GROUP_COUNT(${NUM}@g${NUM})}", "${OUT_${ARG1}}", "${OUTCID_${ARG2}}",
                        "${IF($[\"${ARG1}\" = \"1\"]?${RINGTIMER}:\"\")}", "${FILTER(0-9,${NUM})}", "${STRREPLACE(LIST,-,&)}", "${DB(AMPUSER/%s/outboundcid)}" % number,
                        "${DB(AMPUSER/%s/followme/grplist)}" % number, "${REPLACE(LIST,#,x)}", "${TOUPPER(${CALLERID(name)})}", "${MACRO_PRIORITY}",
                        "${CALLERID(all)}", "${DIALPLAN_EXISTS(ext-local,${ARG1},1)}", "${LISTFILTER(LIST,-,101)}", "${G_${NUM}}", "${BLINDTRANSFER}", "${INC(N)}",
                        "${DEC(N)}", "${CALLINGPRES_SV}", "${DB_RESULT}", "${PICKUPMARK}", "${GLOBAL(RINGTIMER)}", "${LEN(${LIST})}", "${CUT(OUT_1,/,1)}",
                        "${DB_DELETE(OWN/${NUM})}", "${SHIFT(LIST,-)}", "${POP(LIST,-)}", "${MATH(0${RINGTIMER}+1,i)}", "${CDR(userfield)}", "${SET(Q=${NUM})}", "${LOCAL(LIST)}")

    def setting(self):
        value = self.thing()
        return self.one("Set(AMPUSER=%s)" % value, "Set(EXTTOCALL=%s)" % value, "Set(__RESULT=%s)" % value, "Set(LIST=%s)" % value, "Set(LIST=%s-102-103#)" % value,
                        "Set(CALLERID(all)=\"%s\" <%s>)" % (value, self.one("5551", "${NUM}", "")), "Set(CALLERID(num)=%s)" % value, "Set(CALLERID(name)=%s)" % value,
                        "Set(DB(OWN/${NUM})=%s)" % value, "Set(N=%s)" % self.one("1", "", "${LEN(%s)}" % value), "Set(HASH(h,${NUM})=%s)" % value,
                        "Set(GROUP(g${NUM})=${NUM})", "Set(GLOBAL(G_${NUM})=%s)" % value, "Set(_TTL=$[0${TTL} - 1])", "MSet(AMPUSER=${NUM},RESULT=)",
                        "Set(CDR(userfield)=%s)" % value, "Set(CALLERPRES()=allowed_not_screened)", "Set(PUSH(LIST,-)=%s)" % value, "Set(UNSHIFT(LIST,-)=x)",
                        "Set(ARRAY(EXTTOCALL,RESULT)=%s,y)" % self.one("${NUM}", "", "a"), "Set(LOCAL(LIST)=l)", "NoOp(%s)" % value, "NoOp(%s | %s)" % (value, self.thing()),
                        "DBdeltree(OWN/${NUM})", "Set(DB_DELETE(OWN/${NUM})=)", "Set(OUTNUM=${OUTPREFIX_1}${NUM:%d})" % self.random.randint(0, 2))

    def routine(self, inner):
        """`inner`: routines call only those with a greater number."""
        arguments = self.one("", "(%s)" % self.thing(), "(${NUM},%s)" % self.thing(), "(,%s,)" % self.thing(), "(${NUM},,x)")
        return "sub-%d,%s,1%s" % (inner, self.one("s", "s", "${NUM}"), arguments)

    def dial(self, inner):
        options = ["", "${DIAL_OPTIONS}", "tr", "gL(1000:500)", "${DIAL_OPTIONS}b(before^s^1(${NUM}))", "tb(before^w^1)",
                   "B(before^s^1(${ARG1}^b))"]
        if inner < 5:
            options += ["B(sub-%d^s^1(a^b))" % inner, "TtU(sub-%d)" % inner, "M(m%d^x)" % inner]
        options = self.one(*options)
        where = self.one("Local/ring@ring", "${OUT_1}", "Local/ring@ring&Local/ring@ring", "${DB(DEVICE/${NUM}/dial)}", "${IF($[${LEN(${NOTSET})}]?x:${OUT_1})}")
        return self.one("Dial(%s,1,%s)" % (where, options), "Dial(%s,1)" % where)

    def step(self, inner, place, labels, leave):
        """One step of a routine. It jumps forward only."""
        way = self.one(*labels[place + 1:])
        other = self.one("", ":" + self.one(*labels[place + 1:]), ":")
        test = self.test(self.thing())
        calls = ["Gosub(%s)" % self.routine(inner), "Macro(m%d%s)" % (inner, self.one("", ",%s" % self.thing(), ",${NUM},,%s" % self.thing(), ",,"))]
        inside = [self.setting(), self.setting(), "Goto(%s)" % way] + (calls if inner < 4 else [])
        kinds = [self.setting()] * 4 + ["GotoIf(%s?%s%s)" % (test, way, other)] * 3 + ["ExecIf(%s?%s)" % (test, self.one(*inside))] * 2 + [
            "ExecIf(%s?%s:%s)" % (test, self.one(*inside), self.one(*inside)), "Set(RESULT=${IF(%s?%s:%s)})" % (test, self.thing(), self.thing()), self.dial(inner)]
        if inner < 4:
            kinds += calls + ["GosubIf(%s?%s%s)" % (test, self.routine(inner), self.one("", ":" + self.routine(inner)))] + [
                "MacroIf(%s?m%d,%s)" % (test, inner, self.thing())]
            kinds += ["%s(%s)" % (self.one("Exec", "TryExec"), self.one(*inside))]
        kinds += [leave] if leave and self.random.random() < 0.3 else []
        # of a Gosub in a Macro, and of a Macro in a Gosub; Asterisk 16 has no DBdel, which ends the call
        rare = ["Return(%s)" % self.thing(), "StackPop()", "MacroExit()", "DBdel(OWN/${NUM})", "Set(MACRO_OFFSET=%s)" % self.one("1", "0", "-1", "9")]
        return self.one(*(rare if self.random.random() < 0.03 and (leave or self.random.random() < 0.1) else kinds))

    def loop(self, labels, place):
        """Three rounds at most."""
        return [(None, "Set(I=0)"), (None, "While($[${I} < 3])"), (None, self.one(self.setting(), "ExecIf(%s?ExitWhile())" % self.test(self.thing()))),
                (None, "Set(I=$[${I} + 1])"), (None, self.one("ExecIf(%s?ContinueWhile())" % self.test(self.thing()), "NoOp(${I} ${CUT(LIST,-,${I})})")),
                (None, "EndWhile()"), (labels[place], "NoOp(${I})")]

    def steps(self, name, inner, last, leave):
        labels = ["l%d" % i for i in range(self.random.randint(3, 8))] + ["end"]
        lines = []
        for place, label in enumerate(labels[:-1]):
            lines += self.loop(labels, place) if self.random.random() < 0.06 else [(label, self.step(inner, place, labels, leave))]
        lines += [("end", last)]
        return ["exten => %s,%s%s,%s" % (name, "1" if i == 0 else "n", "(%s)" % label if label else "", step) for i, (label, step) in enumerate(lines)]

    def entry(self, name, last):
        """Where calls come in: the number is kept, as what they write bears it."""
        lines = self.steps(name, 0, last, None)
        return ["exten => %s,1,Set(__NUM=${FILTER(0-9,${EXTEN})})" % name, lines[0].replace(",1", ",n", 1)] + lines[1:]

    def plan(self):
        text = ["[general]", "autofallthrough=yes", "clearglobalvars=yes", "extenpatternmatchnew=no", "[globals]"] + self.globals()
        text += ["[from-internal]", "include => app", "include => ext-local", "include => route", "include => bad-number", "exten => h,1,NoOp()"]
        text += ["[app]"] + self.entry("*97", "Hangup()") + self.entry("_*72.", "Goto(ext-local,${EXTEN:3},1)")
        text += ["exten => _*9!,1,Set(NUM=s9)", "same => n,Goto(from-internal,x${MENU:4},1)"]
        text += ["[ext-local]"]
        for number in EXTENSIONS + ["600"]:
            text += self.entry(number, self.one("Goto(d-${DIALSTATUS},1)", "Hangup()", "Macro(vm,${NUM},${DIALSTATUS})", "Goto(${EXTEN}-x,1)"))
        text += ["exten => d-NOANSWER,1,Macro(vm,${NUM},NOANSWER)", "exten => _d-!,1,NoOp(${EXTEN:2})", "exten => _[67]0[1-9],1,Goto(600,1)",
                 "exten => _%s-x,1,Gosub(%s)" % ("XXX", self.routine(2)), "same => n,Hangup()"]
        text += ["[route]", "exten => _9.,1,Set(__NUM=${EXTEN:1})", "same => n,Macro(trunk,1,${NUM},,on)", "same => n,Macro(outisbusy,)",
                 "exten => _0[89]XXXXXXXX,1,Set(__NUM=${EXTEN})", "same => n,GotoIf(%s?skip)" % self.test("${OUTDISABLE_1}"), "same => n,Macro(trunk,1,${EXTEN})",
                 "same => n(skip),Gosub(%s)" % self.routine(1), "exten => 911,1,Macro(trunk,1,911)"]
        text += ["[bad-number]", "exten => _X.,1,NoOp(${EXTEN})", "same => n,Macro(outisbusy)", "exten => _[*#0-9]!,1,Hangup()", "exten => i,1,NoOp(${INVALID_EXTEN})"]
        text += ["[macro-trunk]"] + self.steps("s", 1, self.one("Goto(d-${DIALSTATUS},1)", "NoOp()"), "MacroExit()")
        text += ["exten => d-NOANSWER,1,NoOp(${ARG2})", "exten => _d-!,1,NoOp(${EXTEN})"]
        text += ["[macro-vm]"] + self.steps("s", 1, "Goto(d-${IF(%s?${ARG2}:none)},1)" % self.test("${DB(AMPUSER/${ARG1}/voicemail)}"), "MacroExit()")
        text += ["exten => d-NOANSWER,1,NoOp(vm ${ARG1})", "exten => _d-!,1,NoOp(${EXTEN})", "exten => _d-!,2,MacroExit()"]
        text += ["[macro-outisbusy]", "exten => s,1,NoOp(${ARG1})", "same => n,Hangup()"]
        for i in range(5):
            text += ["[macro-m%d]" % i] + self.steps("s", i + 1, self.one("NoOp(${MACRO_EXTEN} ${MACRO_DEPTH} ${ARG1})", "MacroExit()"), "MacroExit()")
            if i == 3:
                text += ["exten => _.,1,NoOp(${EXTEN})"]
            text += ["[sub-%d]" % i] + self.steps("s", i + 1, "Return(%s)" % self.thing(), "Return(%s)" % self.thing())
            text += self.steps(self.one("_.", "_X.", "_X!", "_[*0-9]!"), i + 1, "Return()", "Return()")
        text += ["[ring]", "exten => ring,1,Hangup(19)"]
        # what is called runs this, too
        text += ["[before]", "exten => s,1,Set(CALLERID(name)=${ARG1})", "same => n,%s" % self.setting(), "same => n,Return()",
                 "exten => w,1,GotoIf(%s?out)" % self.test(self.thing()), "same => n,Set(DB(OWN/${NUM})=%s)" % self.thing(),
                 "same => n,%s" % self.one("Set(GLOBAL(G_${NUM})=%s)" % self.thing(), "DBdeltree(OWN/${NUM})", "Set(DB_DELETE(OWN/${NUM})=)"),
                 "same => n(out),Return()"]
        return "\n".join(text) + "\n"
