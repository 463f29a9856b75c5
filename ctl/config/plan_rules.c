/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Plans the policy rules that lead to a default route. */
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include <linux/camex.h>

#include "config/firewall.h"
#include "config/plan.h"

static const uint8_t families[] = { AF_INET, AF_INET6 };

int plan_read_rules(struct conn *route, struct link_rules *rules,
		    struct fault *fault)
{
	return rule_read(route, rules) ?
		       fault_set(fault, "the policy rules cannot be read") :
		       0;
}

const struct link_rule *plan_find_rule(const struct engine *engine,
				       uint8_t family, uint32_t mark,
				       uint32_t priority)
{
	for (size_t i = 0; i < engine->rules.n; i++) {
		const struct link_rule *rule = &engine->rules.list[i];

		if (rule->family != family || !rule->own)
			continue;
		if (mark && rule->others && rule->mark == mark &&
		    rule->table == mark)
			return rule;
		if (!mark && rule->specific && rule->priority == priority &&
		    rule->table == RT_TABLE_MAIN)
			return rule;
	}
	return NULL;
}

static int plan_rule(struct engine *engine, enum change_kind kind,
		     const struct link_rule *rule, unsigned int line)
{
	struct change *change = plan_change(engine, kind, NULL, line);

	if (!change)
		return -1;
	change->rule = *rule;
	return 0;
}

/*
 * First main is looked up without its default route, then, for packets without the mark, the table
 * of that number. Both rules come before all others, like those of "ip rule add".
 */
static int plan_rule_pair(struct engine *engine, uint8_t family,
			  unsigned int line)
{
	struct link_rule rule = { .family = family, .own = true };
	uint32_t first = 32766;

	for (size_t i = 0; i < engine->rules.n; i++) {
		const struct link_rule *other = &engine->rules.list[i];

		if (other->family == family && other->priority &&
		    other->priority < first)
			first = other->priority;
	}
	if (first < 3) {
		fault_set(engine->fault,
			  "no policy rule fits before the one of priority %u",
			  first);
		return ini_fault(&engine->config->ini, line, engine->fault);
	}
	rule.priority = first - 2;
	rule.table = RT_TABLE_MAIN;
	rule.specific = true;
	if (plan_rule(engine, CHANGE_RULE_ADD, &rule, line))
		return -1;
	rule.priority = first - 1;
	rule.table = engine->mark;
	rule.mark = engine->mark;
	rule.specific = false;
	rule.others = true;
	return plan_rule(engine, CHANGE_RULE_ADD, &rule, line);
}

/* Remove the pair of rules of the device's mark. */
static int plan_rule_dels(struct engine *engine, uint8_t family, uint32_t mark)
{
	const struct link_rule *rule = plan_find_rule(engine, family, mark, 0);
	const struct link_rule *main;

	if (!rule)
		return 0;
	main = plan_find_rule(engine, family, 0, rule->priority - 1);
	if (plan_rule(engine, CHANGE_RULE_DEL, rule, 0))
		return -1;
	return main ? plan_rule(engine, CHANGE_RULE_DEL, main, 0) : 0;
}

/* Plan the firewall table of a mark. */
static int plan_firewall(struct engine *engine, enum change_kind kind,
			 uint32_t mark, bool present)
{
	struct change *change = plan_change(engine, kind, NULL, 0);

	if (!change)
		return -1;
	change->table = mark;
	change->last = present;
	return 0;
}

int plan_rules(struct engine *engine)
{
	uint32_t before = plan_number(engine, CAMEX_A_DEV_FWMARK);
	bool had = false, has = false;

	for (size_t i = 0; i < sizeof(families); i++) {
		uint8_t family = families[i];
		unsigned int line = plan_find_default(engine->config, family);
		bool wanted = line && engine->mark;

		has |= wanted;
		had |= before && plan_find_rule(engine, family, before, 0);
		if (wanted &&
		    !plan_find_rule(engine, family, engine->mark, 0) &&
		    plan_rule_pair(engine, family, line))
			return -1;
		if (before && (!wanted || before != engine->mark) &&
		    plan_rule_dels(engine, family, before))
			return -1;
	}
	/* port or addresses may have changed */
	if (has && plan_firewall(engine, CHANGE_FIREWALL, engine->mark,
				 had && before == engine->mark))
		return -1;
	return had && (!has || before != engine->mark) ?
		       plan_firewall(engine, CHANGE_FIREWALL_DEL, before,
				     true) :
		       0;
}

int routes_forget_rules(struct conn *route, uint32_t mark, struct fault *fault)
{
	struct engine engine = { .fault = fault };
	int status = plan_read_rules(route, &engine.rules, fault);

	for (size_t i = 0; i < sizeof(families) && mark && !status; i++)
		status = plan_rule_dels(&engine, families[i], mark);
	if (engine.n)
		firewall_clear(mark);
	for (size_t i = 0; i < engine.n && !status; i++)
		status = rule_del(route, &engine.changes[i].rule, fault);
	free(engine.changes);
	free(engine.rules.list);
	return status;
}
