// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the suites call of camex.ko. This file is a part of camex.ko in builds for KUnit alone, so
 * that no other build exports anything, whatever the kernel's own configuration says of KUnit.
 */
#include <linux/module.h>

#include "core/allowed_ips.h"
#include "core/clock.h"
#include "core/device.h"
#include "core/drop.h"
#include "core/endpoint.h"
#include "core/events.h"
#include "core/link.h"
#include "core/peer.h"
#include "core/protocol.h"
#include "core/rate_limit.h"
#include "core/session.h"
#include "core/staged.h"
#include "core/stats.h"
#include "core/timer.h"
#include "crypto/aes256gcm.h"
#include "crypto/hkdf.h"
#include "crypto/packet_aead.h"
#include "crypto/plain_gcm.h"
#include "datapath/receive_batch.h"
#include "datapath/receive_queue.h"
#include "datapath/seal.h"
#include "datapath/segment.h"
#include "link/fdb.h"
#include "link/tap.h"
#include "netlink/netlink.h"
#include "protocol/camex/key_trial.h"
#include "protocol/sealed/catch_up.h"
#include "protocol/sealed/key.h"
#include "protocol/sealed/session.h"
#include "protocol/sealed/session_rank.h"
#include "protocol/wireguard/config.h"
#include "protocol/wireguard/cookie.h"
#include "protocol/wireguard/index.h"
#include "protocol/wireguard/noise.h"
#include "protocol/wireguard/queue.h"
#include "protocol/wireguard/session.h"
#include "protocol/wireguard/source_limit.h"
#include "protocol/wireguard/timers.h"
#include "protocol/wireguard/timestamp.h"
#include "transport/udp/udp.h"

/*
 * Some cases do more rounds. It is no parameter of the module with the suites: some kernels run
 * them before they read its parameters.
 */
bool camex_test_long;
EXPORT_SYMBOL_GPL(camex_test_long);
module_param_named(kunit_long, camex_test_long, bool, 0444);
MODULE_PARM_DESC(kunit_long, "long forms of KUnit cases");

/* core/allowed_ips.h */
EXPORT_SYMBOL_GPL(camex_prefix_valid);
EXPORT_SYMBOL_GPL(camex_route_find);
EXPORT_SYMBOL_GPL(camex_route_insert);
EXPORT_SYMBOL_GPL(camex_route_lookup4);
EXPORT_SYMBOL_GPL(camex_route_lookup6);
EXPORT_SYMBOL_GPL(camex_route_lookup_dst);
EXPORT_SYMBOL_GPL(camex_route_lookup_src);
EXPORT_SYMBOL_GPL(camex_route_prefix);
EXPORT_SYMBOL_GPL(camex_route_remove);

/* core/clock.h */
EXPORT_SYMBOL_GPL(camex_clock_offset);
EXPORT_SYMBOL_GPL(camex_clock_pause);

/* core/device.h */
EXPORT_SYMBOL_GPL(camex_device_attach);
EXPORT_SYMBOL_GPL(camex_device_detach);

/* core/drop.h */
EXPORT_SYMBOL_GPL(camex_peer_dropped_received);

/* core/endpoint.h */
EXPORT_SYMBOL_GPL(camex_endpoint_new);
EXPORT_SYMBOL_GPL(camex_peer_by_endpoint);
EXPORT_SYMBOL_GPL(camex_peer_configure_endpoint);
EXPORT_SYMBOL_GPL(camex_peer_configured_at);

/* core/events.h */
EXPORT_SYMBOL_GPL(camex_events_take);

/* core/link.h */
EXPORT_SYMBOL_GPL(camex_link_tap);
EXPORT_SYMBOL_GPL(camex_link_tun);

/* core/peer.h */
EXPORT_SYMBOL_GPL(camex_peer_del);
EXPORT_SYMBOL_GPL(camex_peer_find);
EXPORT_SYMBOL_GPL(camex_peer_forget);
EXPORT_SYMBOL_GPL(camex_peer_heard);
EXPORT_SYMBOL_GPL(camex_peer_new);
EXPORT_SYMBOL_GPL(camex_peer_set_routes);
EXPORT_SYMBOL_GPL(camex_peer_state);
EXPORT_SYMBOL_GPL(camex_peer_transport_own);
EXPORT_SYMBOL_GPL(camex_peers_clear);
EXPORT_SYMBOL_GPL(camex_peers_free);
EXPORT_SYMBOL_GPL(camex_peers_init);

/* core/protocol.h */
EXPORT_SYMBOL_GPL(camex_deliver);
EXPORT_SYMBOL_GPL(camex_protocol_camex);
EXPORT_SYMBOL_GPL(camex_protocol_jtunnel);
EXPORT_SYMBOL_GPL(camex_protocol_wireguard);
EXPORT_SYMBOL_GPL(camex_rx);
EXPORT_SYMBOL_GPL(camex_tx);

/* core/rate_limit.h */
EXPORT_SYMBOL_GPL(camex_budget_begin);
EXPORT_SYMBOL_GPL(camex_budget_end);
EXPORT_SYMBOL_GPL(camex_rate_limit_config);
EXPORT_SYMBOL_GPL(camex_rate_limit_source);
EXPORT_SYMBOL_GPL(camex_rate_limits_alloc);
EXPORT_SYMBOL_GPL(camex_rate_limits_free);

/* core/session.h */
EXPORT_SYMBOL_GPL(camex_receiver_init);
EXPORT_SYMBOL_GPL(camex_receiver_take);

/* core/staged.h */
EXPORT_SYMBOL_GPL(camex_stage);
EXPORT_SYMBOL_GPL(camex_staged_purge);
EXPORT_SYMBOL_GPL(camex_staged_send);

/* core/stats.h */
EXPORT_SYMBOL_GPL(camex_stats_alloc);
EXPORT_SYMBOL_GPL(camex_stats_link);
EXPORT_SYMBOL_GPL(camex_stats_names);
EXPORT_SYMBOL_GPL(camex_stats_sum);
EXPORT_SYMBOL_GPL(camex_traffic_alloc);
EXPORT_SYMBOL_GPL(camex_traffic_sum);

/* core/timer.h */
EXPORT_SYMBOL_GPL(camex_peer_wake);

/* crypto/aes256gcm.h */
EXPORT_SYMBOL_GPL(camex_aes256gcm);
EXPORT_SYMBOL_GPL(camex_aes256gcm_has_own);
EXPORT_SYMBOL_GPL(camex_aes256gcm_refusal);
EXPORT_SYMBOL_GPL(camex_aes256gcm_set_key);

/* crypto/hkdf.h */
EXPORT_SYMBOL_GPL(camex_hkdf);
EXPORT_SYMBOL_GPL(camex_hmac);

/* crypto/packet_aead.h */
EXPORT_SYMBOL_GPL(camex_chacha20poly1305);

/* crypto/plain_gcm.h */
EXPORT_SYMBOL_GPL(camex_gcm_open);
EXPORT_SYMBOL_GPL(camex_gcm_seal);
EXPORT_SYMBOL_GPL(camex_gcm_set_key);

/* datapath/receive_batch.h */
EXPORT_SYMBOL_GPL(camex_batch_finish);
EXPORT_SYMBOL_GPL(camex_batch_open);

/* datapath/receive_queue.h */
EXPORT_SYMBOL_GPL(camex_receive_openers);
EXPORT_SYMBOL_GPL(camex_receive_queue_add);
EXPORT_SYMBOL_GPL(camex_receive_queue_begins);
EXPORT_SYMBOL_GPL(camex_receive_queue_done);
EXPORT_SYMBOL_GPL(camex_receive_queue_init);
EXPORT_SYMBOL_GPL(camex_receive_queue_next);
EXPORT_SYMBOL_GPL(camex_receive_queue_purge);
EXPORT_SYMBOL_GPL(camex_receive_queue_spare);
EXPORT_SYMBOL_GPL(camex_receive_queue_take);

/* datapath/seal.h */
EXPORT_SYMBOL_GPL(camex_payer_of);
EXPORT_SYMBOL_GPL(camex_seal);
EXPORT_SYMBOL_GPL(camex_seal_many);

/* datapath/segment.h */
EXPORT_SYMBOL_GPL(camex_segment_begin);
EXPORT_SYMBOL_GPL(camex_segment_next);
EXPORT_SYMBOL_GPL(camex_segment_packets);

/* link/fdb.h */
EXPORT_SYMBOL_GPL(camex_fdb_add);
EXPORT_SYMBOL_GPL(camex_fdb_del);
EXPORT_SYMBOL_GPL(camex_fdb_flush_all);
EXPORT_SYMBOL_GPL(camex_fdb_free);
EXPORT_SYMBOL_GPL(camex_fdb_init);
EXPORT_SYMBOL_GPL(camex_fdb_key_set);
EXPORT_SYMBOL_GPL(camex_fdb_learn);
EXPORT_SYMBOL_GPL(camex_fdb_lookup);

/* netlink/netlink.h */
EXPORT_SYMBOL_GPL(camex_nl_put_fdb);

/* link/tap.h */
EXPORT_SYMBOL_GPL(camex_defer_frame);
EXPORT_SYMBOL_GPL(camex_deferred_clear);
EXPORT_SYMBOL_GPL(camex_deferred_init);

/* protocol/camex/key_trial.h */
EXPORT_SYMBOL_GPL(camex_trials_init);
EXPORT_SYMBOL_GPL(camex_trials_stop);

/* protocol/sealed/catch_up.h */
EXPORT_SYMBOL_GPL(camex_session_catch_up);

/* protocol/sealed/key.h */
EXPORT_SYMBOL_GPL(camex_key_get);
EXPORT_SYMBOL_GPL(camex_key_unget);
EXPORT_SYMBOL_GPL(camex_peer_renew);
EXPORT_SYMBOL_GPL(camex_peer_renew_used);
EXPORT_SYMBOL_GPL(camex_peer_set_key);
EXPORT_SYMBOL_GPL(camex_peers_use_up);

/* protocol/sealed/session.h */
EXPORT_SYMBOL_GPL(camex_session_bucket);
EXPORT_SYMBOL_GPL(camex_session_clock);
EXPORT_SYMBOL_GPL(camex_session_close);
EXPORT_SYMBOL_GPL(camex_session_forget);
EXPORT_SYMBOL_GPL(camex_session_is_ours);
EXPORT_SYMBOL_GPL(camex_session_next);
EXPORT_SYMBOL_GPL(camex_session_rx_new);
EXPORT_SYMBOL_GPL(camex_session_take);
EXPORT_SYMBOL_GPL(camex_session_top);
EXPORT_SYMBOL_GPL(camex_session_tx_new);
EXPORT_SYMBOL_GPL(camex_session_use_up);

/* protocol/sealed/session_rank.h */
EXPORT_SYMBOL_GPL(camex_session_rank_due);
EXPORT_SYMBOL_GPL(camex_session_rank_highest);
EXPORT_SYMBOL_GPL(camex_session_rank_open);
EXPORT_SYMBOL_GPL(camex_session_retire);
EXPORT_SYMBOL_GPL(camex_sessions_forget);
EXPORT_SYMBOL_GPL(camex_sessions_pause);

/* protocol/wireguard/config.h */
EXPORT_SYMBOL_GPL(camex_wg_peer_find);
EXPORT_SYMBOL_GPL(camex_wg_peer_new);
EXPORT_SYMBOL_GPL(camex_wg_set_private_key);

/* protocol/wireguard/cookie.h */
EXPORT_SYMBOL_GPL(camex_cookie_add_macs);
EXPORT_SYMBOL_GPL(camex_cookie_check_mac1);
EXPORT_SYMBOL_GPL(camex_cookie_check_mac2);
EXPORT_SYMBOL_GPL(camex_cookie_checker_init);
EXPORT_SYMBOL_GPL(camex_cookie_checker_set);
EXPORT_SYMBOL_GPL(camex_cookie_consume);
EXPORT_SYMBOL_GPL(camex_cookie_init);
EXPORT_SYMBOL_GPL(camex_cookie_reply);

/* protocol/wireguard/index.h */
EXPORT_SYMBOL_GPL(camex_index_find);
EXPORT_SYMBOL_GPL(camex_index_insert);
EXPORT_SYMBOL_GPL(camex_index_remove);
EXPORT_SYMBOL_GPL(camex_index_replace);
EXPORT_SYMBOL_GPL(camex_index_table_free);
EXPORT_SYMBOL_GPL(camex_index_table_init);

/* protocol/wireguard/noise.h */
EXPORT_SYMBOL_GPL(camex_noise_aes256gcm);
EXPORT_SYMBOL_GPL(camex_noise_chacha20poly1305);
EXPORT_SYMBOL_GPL(camex_noise_check_initiation);
EXPORT_SYMBOL_GPL(camex_noise_consume_response);
EXPORT_SYMBOL_GPL(camex_noise_create_initiation);
EXPORT_SYMBOL_GPL(camex_noise_create_response);
EXPORT_SYMBOL_GPL(camex_noise_derive_keys);
EXPORT_SYMBOL_GPL(camex_noise_forget);
EXPORT_SYMBOL_GPL(camex_noise_local_set);
EXPORT_SYMBOL_GPL(camex_noise_open_initiation);
EXPORT_SYMBOL_GPL(camex_noise_remote_init);
EXPORT_SYMBOL_GPL(camex_noise_remote_rekey);

/* protocol/wireguard/queue.h */
EXPORT_SYMBOL_GPL(camex_wg_queue_close);
EXPORT_SYMBOL_GPL(camex_wg_queue_init);
EXPORT_SYMBOL_GPL(camex_wg_queue_open);
EXPORT_SYMBOL_GPL(camex_wg_queue_put);
EXPORT_SYMBOL_GPL(camex_wg_queue_take);

/* protocol/wireguard/session.h */
EXPORT_SYMBOL_GPL(camex_wg_session_drop);
EXPORT_SYMBOL_GPL(camex_wg_session_new);
EXPORT_SYMBOL_GPL(camex_wg_sessions_add);
EXPORT_SYMBOL_GPL(camex_wg_sessions_clear);
EXPORT_SYMBOL_GPL(camex_wg_sessions_confirm);
EXPORT_SYMBOL_GPL(camex_wg_sessions_stop);

/* protocol/wireguard/source_limit.h */
EXPORT_SYMBOL_GPL(camex_wg_limit_source);
EXPORT_SYMBOL_GPL(camex_wg_limits_alloc);
EXPORT_SYMBOL_GPL(camex_wg_limits_free);

/* protocol/wireguard/timers.h */
EXPORT_SYMBOL_GPL(camex_wg_timers_derived);
EXPORT_SYMBOL_GPL(camex_wg_timers_look);

/* protocol/wireguard/timestamp.h */
EXPORT_SYMBOL_GPL(camex_timestamp_after);
EXPORT_SYMBOL_GPL(camex_timestamp_next);

/* transport/udp/udp.h */
EXPORT_SYMBOL_GPL(camex_netpoll_frame);
