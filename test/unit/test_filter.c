/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of a packet filter that name an interface, in what iptables-save(8) and nft(8) print. */
#include "support.h"

#include "base/arena.h"
#include "probe/filter.h"

static struct vl_filter_rules rules_of(struct vl_arena *arena, enum vl_filter filter, const char *text)
{
    struct vl_filter_rules rules;

    vl_filter_read(arena, filter, text, "eth0", "br0", &rules);
    return rules;
}

static void test_iptables(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_filter_rules rules = rules_of(
        &arena, VL_FILTER_IPTABLES,
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -i eth01 -j ACCEPT\n"
        "-A INPUT -p tcp -m comment --comment \"no -i eth0 here\" -j ACCEPT\n-A INPUT -i eth0 -p tcp -j ACCEPT\n"
        "-A INPUT ! -i eth0 -j LOG\n-A FORWARD -i tap+ -o eth+ -j ACCEPT\n-A OUTPUT -o eth0 -j ACCEPT\n"
        "-A OUTPUT -o br0 -j ACCEPT\nCOMMIT\n");

    (void)unused;
    assert_int_equal(rules.count, 3); /* that of OUTPUT is there for br0 as well */
    assert_string_equal(rules.first, "-A INPUT -i eth0 -p tcp -j ACCEPT");
    assert_int_equal(rules_of(&arena, VL_FILTER_IPTABLES, "").count, 0);
    assert_int_equal(rules_of(&arena, VL_FILTER_IPTABLES, "-A INPUT -i").count, 0);
}

static void test_nftables(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_filter_rules rules = rules_of(
        &arena, VL_FILTER_NFTABLES,
        "# Warning: table ip filter is managed by iptables-nft, do not touch!\ntable ip filter {\n"
        "\tchain INPUT {\n\t\tiifname \"eth0\" counter packets 0 bytes 0 accept\n\t}\n}\n"
        "table inet own {\n\tset inside {\n\t\ttype ifname\n\t\telements = { \"eth0\", \"eth1\" }\n\t}\n"
        "\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
        "\t\tiifname \"lo\" accept comment \"not eth0\"\n\t\tiifname { \"eth0\", \"eth1\" } tcp dport 22 accept\n"
        "\t\tiifname \"eth*\" accept\n\t\toif \"eth0\" accept\n\t\toif \"br0\" accept\n"
        "\t\tlog prefix \"eth0\" drop\n\t}\n}\n");

    (void)unused;
    assert_int_equal(rules.count, 3); /* that with oif is there for br0 as well */
    assert_string_equal(rules.first, "elements = { \"eth0\", \"eth1\" }");
    assert_int_equal(rules_of(&arena, VL_FILTER_NFTABLES, "iifname \"eth0").count, 1);
}

static void test_files(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    static const struct {
        enum vl_filter filter;
        const char *text;
        size_t count;
    } rows[] = {
        { VL_FILTER_FIREWALLD, "<zone>\n  <interface name=\"eth0\"/>\n  <service name=\"ssh\"/>\n</zone>\n", 1 },
        { VL_FILTER_FIREWALLD, "<zone>\n  <interface name=\"eth01\"/>\n  <short>eth0</short>\n</zone>\n", 0 },
        /* somebody has put the bridge into a zone, whichever */
        { VL_FILTER_FIREWALLD, "  <interface name=\"eth0\"/>\n\n  <interface name=\"br0\"/>\n", 0 },
        { VL_FILTER_UFW,
          "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_eth0\n"
          "-A ufw-user-input -i eth0 -p tcp --dport 22 -j ACCEPT\n",
          1 },
        { VL_FILTER_NFTABLES_FILE, "iifname eth0 tcp dport 22 accept\n", 1 },
        { VL_FILTER_NFTABLES_FILE, "\tiif \"eth0\" accept # all of it\n", 1 },
        { VL_FILTER_NFTABLES_FILE, "iifname { lo, eth0 } accept\n", 1 },
        { VL_FILTER_NFTABLES_FILE, "define wan = eth0\n", 1 },
        { VL_FILTER_NFTABLES_FILE, "# iifname eth0 accept\n", 0 },
        { VL_FILTER_NFTABLES_FILE, "iifname lo accept comment \"not eth0\"\n", 0 },
        { VL_FILTER_NFTABLES_FILE, "tcp dport 22 accept\nlog prefix \"eth0 \"\n", 0 },
        { VL_FILTER_IPTABLES_FILES, "-A INPUT -i eth0 -j ACCEPT\n", 1 },
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vl_filter_rules rules = rules_of(&arena, rows[i].filter, rows[i].text);

        if (rules.count != rows[i].count || rules.live)
            fail_msg("%zu rules in '%s'", rules.count, rows[i].text);
    }
    assert_true(rules_of(&arena, VL_FILTER_IPTABLES, "").live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iptables),
        cmocka_unit_test(test_nftables),
        cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
