/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Files of wg-quick(8): what is made of good ones, and what is said of bad ones. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "tap.h"
#include "text/text.h"

/* RFC 7748, 6.1: Alice's private key, her public key, Bob's public key. */
#define ALICE "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
#define ALICE_PUBLIC "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define BOB_PUBLIC "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static char directory[] = "/tmp/camexctl-quick-XXXXXX";
static char path[64];

static void add_values(char *text, size_t size, const struct values *values)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct value *value = &values->list[i];
		char *shown = value->keyword->type == &type_table ?
				      strdup(value->number == TABLE_AUTO ?
						     "auto" :
						     value->text) :
				      value_text(value);

		text_add(text, size, " %s=%s", value->keyword->name, shown);
		if (value->line)
			text_add(text, size, "@%u", value->line);
		free(shown);
	}
}

/* All that is wanted, or the reason behind the path. */
static void dump_config(const char *text, size_t len, char *got, size_t size)
{
	static const char *const times[] = { "PreUp", "PostUp", "PreDown",
					     "PostDown" };
	FILE *file = fopen(path, "w");
	struct fault fault = {};
	struct config config;

	fwrite(text, 1, len, file);
	fclose(file);
	*got = '\0';
	if (config_read(&config, path, &fault)) {
		snprintf(got, size, "%s",
			 fault.text + (strncmp(fault.text, path, strlen(path)) ?
					       0 :
					       strlen(path)));
		goto out;
	}
	text_add(got, size, "%s:", config.name);
	add_values(got, size, &config.values);
	for (size_t i = 0; i < config.n_dns; i++)
		text_add(got, size, " dns=%s", config.dns[i]);
	for (size_t i = 0; i < config.n_hooks; i++)
		text_add(got, size, " %s=\"%s\"@%u",
			 times[config.hooks[i].when], config.hooks[i].command,
			 config.hooks[i].line);
	if (config.saves)
		text_add(got, size, " saves@%u", config.saves);
	for (size_t i = 0; i < config.n_peers; i++) {
		text_add(got, size, "; %s@%u", config.peers[i].name,
			 config.peers[i].line);
		add_values(got, size, &config.peers[i].values);
	}
out:
	config_wipe(&config);
}

static void becomes(const char *text, const char *wanted, const char *name)
{
	char got[4096];

	dump_config(text, strlen(text), got, sizeof(got));
	tap_is(got, wanted, name);
}

static void refused(const char *text, const char *wanted)
{
	becomes(text, wanted, wanted);
}

#define INTERFACE "[Interface]\n"
#define DEVICE "wg0: protocol=wireguard"
#define PEER INTERFACE "[Peer]\nPublicKey=" BOB_PUBLIC "\n"
#define PEER_IS DEVICE "; 3p7bfXt9@2 public-key=" BOB_PUBLIC "@3"

static void test_interface(void)
{
	becomes(INTERFACE, DEVICE, "an empty section");
	becomes("# a file\n\n[interface]\r\n\tprivatekey =" ALICE
		" # mine\r\nLISTENPORT= 51820\r\nFwMark = 0xca6c\r\nMTU=1420\n",
		DEVICE " private-key-file=" ALICE_PUBLIC
		       "@4 port=51820@5 fwmark=51820@6 mtu=1420@7",
		"case, blanks, CRLF, comments");
	becomes(INTERFACE
		"Address = 10.0.0.1/24, fd00::1/64\nAddress=10.0.0.2\n",
		DEVICE
		" address=10.0.0.1/24,fd00::1/64@2 address=10.0.0.2/32@3",
		"addresses");
	becomes(INTERFACE "FwMark = off\nTable = off\n",
		DEVICE " fwmark=0@2 table=off@3", "off");
	becomes(INTERFACE "Table = Auto\n", DEVICE " table=auto@2", "auto");
	becomes(INTERFACE "Table = 1234\n", DEVICE " table=1234@2", "a table");
	becomes(INTERFACE
		"DNS = 10.0.0.53,fd00::53, example.org\nDNS=lan\nDNS =\n",
		DEVICE " dns=10.0.0.53 dns=fd00::53 dns=example.org dns=lan",
		"name servers and domains");
	becomes(INTERFACE
		"PostUp = echo %i %i; ip rule add # to main\nPreDown=a=b\n"
		"PreUp = true\nPostDown = iptables -D FORWARD -i %i\nPostUp=%\n",
		DEVICE
		" PostUp=\"echo wg0 wg0; ip rule add\"@2 PreDown=\"a=b\"@3"
		" PreUp=\"true\"@4 PostDown=\"iptables -D FORWARD -i wg0\"@5"
		" PostUp=\"%\"@6",
		"hooks");
	becomes(INTERFACE "SaveConfig = true\n", DEVICE " saves@2",
		"SaveConfig");
	becomes(INTERFACE "SaveConfig = false\n", DEVICE, "no SaveConfig");
	becomes(INTERFACE "PrivateKey = " ZEROS "\n",
		DEVICE " private-key-file=none@2", "a key of zeros is none");
}

static void test_peers(void)
{
	becomes(PEER, PEER_IS, "a peer is called by its key");
	becomes(INTERFACE
		"# hub\n[PEER]\nPublicKey=" BOB_PUBLIC "\nPresharedKey=" ALICE
		"\nEndpoint=192.0.2.1:51820\n"
		"PersistentKeepalive=25\nAllowedIPs = 10.0.0.1/24, fd00::1/64\n"
		"AllowedIPs=10.1.0.0/16,10.0.0.9/24\nAllowedIPs = \n",
		DEVICE
		"; hub@3 public-key=" BOB_PUBLIC
		"@4 preshared-key-file=set@5 endpoint=192.0.2.1:51820@6"
		" keepalive=25@7 routes=fd00::/64,10.1.0.0/16,10.0.0.0/24@8",
		"all of a peer");
	becomes(PEER "PersistentKeepalive = off\nPresharedKey = " ZEROS
		     "\nAllowedIPs = 0.0.0.0/0, ::/0\n",
		PEER_IS
		" keepalive=0@4 preshared-key-file=none@5 routes=0.0.0.0/0,::/0@6",
		"nothing of it");
	becomes(INTERFACE "#My  laptop (new)\n[Peer]\nPublicKey=" BOB_PUBLIC
			  "\n",
		DEVICE "; My--laptop-(new)@3 public-key=" BOB_PUBLIC "@4",
		"blanks in a name");
	becomes(INTERFACE "# caf\303\251\n[Peer]\nPublicKey=" BOB_PUBLIC "\n",
		DEVICE "; caf\303\251@3 public-key=" BOB_PUBLIC "@4", "UTF-8");
	becomes(INTERFACE "# this one is out of order until spring\n[Peer]\n"
			  "PublicKey=" BOB_PUBLIC "\n",
		DEVICE "; 3p7bfXt9@3 public-key=" BOB_PUBLIC "@4",
		"a comment that is no name");
	becomes(INTERFACE "# hub\n\n[Peer]\nPublicKey=" BOB_PUBLIC "\n",
		DEVICE "; 3p7bfXt9@4 public-key=" BOB_PUBLIC "@5",
		"a comment that is not right before it");
	becomes(INTERFACE "# a/b\n[Peer] # hub\nPublicKey=" BOB_PUBLIC "\n",
		DEVICE "; 3p7bfXt9@3 public-key=" BOB_PUBLIC "@4",
		"a comment behind it");
	becomes(INTERFACE "MTU = 1400 # hub\n[Peer]\nPublicKey=" BOB_PUBLIC
			  "\n",
		DEVICE " mtu=1400@2; 3p7bfXt9@3 public-key=" BOB_PUBLIC "@4",
		"a comment behind a value is no name");
	becomes(INTERFACE "#a\n[Peer]\nPublicKey=" BOB_PUBLIC
			  "\n#A\n[Peer]\nPublicKey=" ALICE_PUBLIC "\n",
		DEVICE "; a@3 public-key=" BOB_PUBLIC
		       "@4; hSDwCYkw@6 public-key=" ALICE_PUBLIC "@7",
		"a name that another peer has");
	becomes(INTERFACE
		"[Peer]\nPublicKey=abcd/fghAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"[Peer]\nPublicKey=abcd/fghBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"[Peer]\nPublicKey=ABCD/fghBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
		DEVICE
		"; abcd_fgh@2 public-key=abcd/fghAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@3"
		"; abcd_fghB@4 public-key=abcd/fghBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@5"
		"; ABCD_fghBA@6 public-key=ABCD/fghBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@7",
		"keys that begin alike");
	becomes(INTERFACE
		"[Peer]\nPublicKey=" BOB_PUBLIC
		"\nAllowedIPs=10.0.0.0/8,10.1.0.0/16\n[Peer]\nPublicKey=" ALICE_PUBLIC
		"\nAllowedIPs=10.1.0.0/16,10.2.0.0/16\n",
		DEVICE
		"; 3p7bfXt9@2 public-key=" BOB_PUBLIC
		"@3 routes=10.0.0.0/8@4; hSDwCYkw@5 public-key=" ALICE_PUBLIC
		"@6 routes=10.1.0.0/16,10.2.0.0/16@7",
		"the last peer has a prefix");
	becomes("[Peer]\nPublicKey=" BOB_PUBLIC "\n[Interface]\nMTU=1400\n",
		DEVICE " mtu=1400@4; 3p7bfXt9@1 public-key=" BOB_PUBLIC "@2",
		"peers first");
}

static void test_bad(void)
{
	refused(INTERFACE "PrivatKey = x\n",
		":2: unknown key PrivatKey in [Interface], did you mean PrivateKey?");
	refused(PEER "MTU = 1400\n", ":4: unknown key MTU in [Peer]");
	refused(INTERFACE "Hidden secret = x\n",
		":2: unknown key Hidden... (the rest is not shown) in [Interface]");
	refused(INTERFACE "MTU = 1400\nmtu=1500\n",
		":3: MTU is given twice, first in line 2");
	refused(INTERFACE "MTU =\n", ":2: MTU lacks its value");
	refused(INTERFACE "MTU = x\n",
		":2: MTU: \"x\" is not a number from 0 to 2147483647");
	refused(INTERFACE "ListenPort = 65536\n",
		":2: ListenPort: \"65536\" is not a number from 0 to 65535");
	refused(INTERFACE "FwMark = on\n",
		":2: FwMark: \"on\" is not a number from 0 to 4294967295");
	refused(INTERFACE "Table = main\n",
		":2: Table: \"main\" is neither auto nor off nor a number from 1 to 4294967294");
	refused(INTERFACE "Table = 0\n",
		":2: Table: \"0\" is neither auto nor off nor a number from 1 to 4294967294");
	refused(INTERFACE "Address = 10.0.0.0/33\n",
		":2: Address: \"10.0.0.0/33\" is not an address: the length goes from 0 to 32");
	refused(INTERFACE "DNS = 10.0.0.1, -x\n",
		":2: DNS: \"-x\" is neither an address nor a domain to search");
	refused(INTERFACE "DNS = $(reboot)\n",
		":2: DNS: \"$(reboot)\" is neither an address nor a domain to search");
	refused(INTERFACE "SaveConfig = yes\n",
		":2: SaveConfig: \"yes\" is neither true nor false");
	refused(INTERFACE "PrivateKey = c2hvcnQ=\n",
		":2: PrivateKey: it is too short for a key: 5 bytes instead of 32");
	refused(INTERFACE "PrivateKey = /etc/wireguard/key\n",
		":2: PrivateKey: it is not base64");
	refused(INTERFACE ALICE "\n",
		":2: unknown key ... (the rest is not shown) in [Interface]");
	refused(INTERFACE "PrivateKey\n", ":2: a = is missing: KEY = VALUE");
	refused(INTERFACE "; what wg-quick does not take\n",
		":2: a = is missing: KEY = VALUE");
	refused(INTERFACE "\n[Interface]\n",
		":3: [Interface] is given twice, first in line 1");
	refused(INTERFACE "[Per]\n",
		":2: unknown section [Per], did you mean [Peer]?");
	refused(INTERFACE "[Peer bob]\n",
		":2: [Peer] has no name: unexpected \"bob\"");
	refused(INTERFACE "[Peer]\n", ":2: [Peer] lacks its PublicKey");
	refused(PEER "[Peer]\nPublicKey = " BOB_PUBLIC "\n",
		":4: this PublicKey is given twice, first in line 2");
	refused(PEER "PresharedKey = x\n",
		":4: PresharedKey: it is not base64");
	refused(PEER "Endpoint = 192.0.2.1\n",
		":4: Endpoint: \"192.0.2.1\" has no port: give HOST:PORT, such as 192.0.2.1:7000");
	refused(PEER "AllowedIPs = 10.0.0.0/8,,10.0.0.0/9\n",
		":4: AllowedIPs: \"10.0.0.0/8,,10.0.0.0/9\": an empty address; ADDRESS[/LENGTH][,ADDRESS...] is expected");
	refused(PEER "PersistentKeepalive = 65536\n",
		":4: PersistentKeepalive: \"65536\" is not a number from 0 to 65535");
}

static void test_names(void)
{
	static const struct {
		const char *base, *wanted;
	} files[] = {
		{ "wg0",
		  ": a file with [Interface] must be called NAME.conf: the device gets that NAME" },
		{ "wg0.up",
		  ": a file with [Interface] must be called NAME.conf: the device gets that NAME" },
		{ "a.b.conf", "a.b: protocol=wireguard" },
		{ "0123456789abcdef.conf",
		  ": \"0123456789abcdef\" is too long for an interface's name: 16 bytes, at most 15" },
	};
	char before[sizeof(path)];

	snprintf(before, sizeof(before), "%s", path);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, files[i].base);
		becomes(INTERFACE, files[i].wanted, files[i].base);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s", before);
}

/* Each prefix of a file, and each byte of it changed: there is an answer. */
static void test_broken(void)
{
	static const char whole[] =
		"[Interface]\nPrivateKey = " ALICE "\nDNS = 1.2.3.4, a\n"
		"PostUp = echo %i # x\n#bob\n[Peer]\nPublicKey=" BOB_PUBLIC
		"\nAllowedIPs = 10.0.0.0/8, ::/0\nAllowedIPs=10.0.0.0/8\n";
	char text[sizeof(whole)], got[4096];
	size_t answers = 0;

	for (size_t len = 0; len < sizeof(whole); len++) {
		dump_config(whole, len, got, sizeof(got));
		answers += *got != '\0';
	}
	for (size_t at = 0; at < sizeof(whole) - 1; at++)
		for (const char *c = "\n=#[,\\%\377"; *c; c++) {
			memcpy(text, whole, sizeof(whole));
			text[at] = *c;
			dump_config(text, sizeof(whole) - 1, got, sizeof(got));
			answers += *got != '\0';
		}
	tap_ok(answers == 9 * sizeof(whole) - 8,
	       "each broken file has an answer");
}

int main(void)
{
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/wg0.conf", directory);
	/* warnings are no TAP */
	if (!freopen("/dev/null", "a", stderr))
		return 1;
	test_interface();
	test_peers();
	test_bad();
	test_names();
	test_broken();
	unlink(path);
	rmdir(directory);
	return tap_end();
}
