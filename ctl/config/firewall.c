/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#include <stdio.h>
#include <stdlib.h>

#include "config/firewall.h"
#include "config/shell.h"
#include "text/text.h"

/* Does the kernel drop packets that arrive by another route than their answers take? */
static bool is_strict(void)
{
	return config_setting("/proc/sys/net/ipv4/conf/all/rp_filter") == 1 ||
	       config_setting("/proc/sys/net/ipv4/conf/default/rp_filter") == 1;
}

/* Drop packets for addresses of the link that arrive elsewhere. */
static void write_addresses(FILE *out, const struct config *config, int ifindex)
{
	const struct prefix *given;
	char text[ADDRESS_TEXT];
	unsigned int line;

	for (size_t i = 0; (given = config_address(config, i, &line)); i++)
		fprintf(out,
			"iif != %d %s daddr %s fib saddr type != local drop\n",
			ifindex, given->addr.family == AF_INET ? "ip" : "ip6",
			address_text(&given->addr, text));
}

/* Replace the table of that name in one transaction. */
static char *write_table(const struct config *config, int ifindex,
			 uint32_t mark, uint16_t port, bool keeps_mark)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out,
		"add table inet camex-0x%x\ndelete table inet camex-0x%x\n"
		"table inet camex-0x%x {\n"
		"chain own_datagrams {\n"
		"type filter hook prerouting priority -150; policy accept;\n",
		mark, mark, mark);
	if (port)
		fprintf(out,
			"fib daddr type local udp dport %u meta mark set 0x%x\n",
			port, mark);
	if (port && keeps_mark)
		fprintf(out,
			"}\nchain own_delivery {\n"
			"type filter hook input priority -300; policy accept;\n"
			"udp dport %u meta mark 0x%x meta mark set 0\n",
			port, mark);
	fputs("}\nchain own_addresses {\n"
	      "type filter hook prerouting priority -300; policy accept;\n",
	      out);
	write_addresses(out, config, ifindex);
	fputs("}\n}\n", out);
	fclose(out);
	return text;
}

void firewall_set(const struct config *config, int ifindex, uint32_t mark,
		  uint16_t port, bool keeps_mark)
{
	static const char *const argv[] = { "nft", "-f", "-", NULL };
	char *text = write_table(config, ifindex, mark, port, keeps_mark);
	struct fault fault;
	int status;

	if (!text || !shell_has_program(argv[0]))
		status = fault_set(&fault, "nft is not installed");
	else
		status = shell_run(argv, text, &fault);
	free(text);
	if (status && is_strict())
		complain(
			"warning: %s: rp_filter is strict and drops what the far end sends, unless it is told of the mark: %s",
			config->name, fault.text);
}

void firewall_clear(uint32_t mark)
{
	char text[96];
	const char *const argv[] = { "nft", "-f", "-", NULL };
	struct fault fault;

	/* add it first: deleting a table that does not exist fails */
	snprintf(text, sizeof(text),
		 "add table inet camex-0x%x\ndelete table inet camex-0x%x\n",
		 mark, mark);
	if (shell_has_program(argv[0]) && shell_run(argv, text, &fault))
		complain("warning: nft: %s", fault.text);
}
