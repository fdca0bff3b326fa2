SET SESSION sql_mode = '';
CREATE TEMPORARY TABLE voiplab_guard (problem VARBINARY(250) NOT NULL PRIMARY KEY);
CREATE TEMPORARY TABLE voiplab_numbers (n INT NOT NULL PRIMARY KEY);
CREATE TEMPORARY TABLE voiplab_before (kind VARBINARY(20) NOT NULL, id INT NOT NULL, name VARBINARY(190) NOT NULL, seq INT NULL, PRIMARY KEY (kind, id, name));
SET autocommit = 0;
LOCK TABLES voiplab_owned WRITE, voiplab_owned AS owned_route WRITE, trunks WRITE, sip WRITE, iax WRITE, users WRITE, devices WRITE, admin WRITE, outbound_routes WRITE, outbound_route_sequence WRITE, outbound_route_trunks WRITE, outbound_route_patterns WRITE, trunk_dialpatterns WRITE;
DELETE voiplab_owned FROM voiplab_owned LEFT JOIN trunks ON trunks.trunkid = voiplab_owned.id AND trunks.channelid = voiplab_owned.name WHERE voiplab_owned.kind = 'trunk' AND trunks.trunkid IS NULL;
DELETE voiplab_owned FROM voiplab_owned LEFT JOIN users ON users.extension = voiplab_owned.name WHERE voiplab_owned.kind = 'extension' AND users.extension IS NULL;
DELETE voiplab_owned FROM voiplab_owned LEFT JOIN outbound_routes ON outbound_routes.route_id = voiplab_owned.id AND outbound_routes.name = voiplab_owned.name WHERE voiplab_owned.kind = 'route' AND outbound_routes.route_id IS NULL;
INSERT INTO voiplab_guard VALUES ('a trunk that is not ours has the name ''hub'' already; delete it in the web page, or leave ''freepbx = database'' out');
INSERT INTO voiplab_guard SELECT 'a trunk that is not ours has the name ''hub'' already; delete it in the web page, or leave ''freepbx = database'' out' FROM trunks LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks.trunkid AND voiplab_owned.name = trunks.channelid WHERE voiplab_owned.kind IS NULL AND (trunks.channelid = 'hub' OR trunks.usercontext = 'hub') AND trunks.tech IN ('sip', 'pjsip') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('a trunk that is not ours has the name ''1000'' already; delete it in the web page, or leave ''freepbx = database'' out');
INSERT INTO voiplab_guard SELECT 'a trunk that is not ours has the name ''1000'' already; delete it in the web page, or leave ''freepbx = database'' out' FROM trunks LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks.trunkid AND voiplab_owned.name = trunks.channelid WHERE voiplab_owned.kind IS NULL AND (trunks.channelid = '1000' OR trunks.usercontext = '1000') AND trunks.tech IN ('iax', 'iax2') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('a trunk that is not ours has the name ''2000'' already; delete it in the web page, or leave ''freepbx = database'' out');
INSERT INTO voiplab_guard SELECT 'a trunk that is not ours has the name ''2000'' already; delete it in the web page, or leave ''freepbx = database'' out' FROM trunks LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks.trunkid AND voiplab_owned.name = trunks.channelid WHERE voiplab_owned.kind IS NULL AND (trunks.channelid = '2000' OR trunks.usercontext = '2000') AND trunks.tech IN ('iax', 'iax2') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('a trunk that is not ours has the name ''1001'' already; delete it in the web page, or leave ''freepbx = database'' out');
INSERT INTO voiplab_guard SELECT 'a trunk that is not ours has the name ''1001'' already; delete it in the web page, or leave ''freepbx = database'' out' FROM trunks LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks.trunkid AND voiplab_owned.name = trunks.channelid WHERE voiplab_owned.kind IS NULL AND (trunks.channelid = '1001' OR trunks.usercontext = '1001') AND trunks.tech IN ('iax', 'iax2') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('a trunk that is not ours has the name ''3000'' already; delete it in the web page, or leave ''freepbx = database'' out');
INSERT INTO voiplab_guard SELECT 'a trunk that is not ours has the name ''3000'' already; delete it in the web page, or leave ''freepbx = database'' out' FROM trunks LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks.trunkid AND voiplab_owned.name = trunks.channelid WHERE voiplab_owned.kind IS NULL AND (trunks.channelid = '3000' OR trunks.usercontext = '3000') AND trunks.tech IN ('iax', 'iax2') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an extension ''1500'' already that is not ours; delete it in the web page, or leave it out of the lab file');
INSERT INTO voiplab_guard SELECT 'there is an extension ''1500'' already that is not ours; delete it in the web page, or leave it out of the lab file' FROM users LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'extension' AND voiplab_owned.name = users.extension WHERE voiplab_owned.kind IS NULL AND users.extension = '1500' LIMIT 1;
INSERT INTO voiplab_guard VALUES ('an outbound route that is not ours uses a trunk of ours that would go; take the trunk out of the route first, in the web page');
INSERT INTO voiplab_guard SELECT 'an outbound route that is not ours uses a trunk of ours that would go; take the trunk out of the route first, in the web page' FROM voiplab_owned JOIN trunks ON trunks.trunkid = voiplab_owned.id AND trunks.channelid = voiplab_owned.name JOIN outbound_route_trunks ON outbound_route_trunks.trunk_id = voiplab_owned.id JOIN outbound_routes ON outbound_routes.route_id = outbound_route_trunks.route_id LEFT JOIN voiplab_owned AS owned_route ON owned_route.kind = 'route' AND owned_route.id = outbound_routes.route_id AND owned_route.name = outbound_routes.name WHERE owned_route.kind IS NULL AND voiplab_owned.kind = 'trunk' AND voiplab_owned.name <> 'hub' AND voiplab_owned.name <> '1000' AND voiplab_owned.name <> '1001' LIMIT 1;
INSERT INTO voiplab_before SELECT kind, id, name, NULL FROM voiplab_owned WHERE kind <> 'reload';
UPDATE voiplab_before JOIN outbound_route_sequence ON voiplab_before.kind = 'route' AND outbound_route_sequence.route_id = voiplab_before.id SET voiplab_before.seq = outbound_route_sequence.seq;
DELETE sip FROM sip JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND sip.id IN (CONCAT('tr-peer-', voiplab_before.id), CONCAT('tr-user-', voiplab_before.id), CONCAT('tr-reg-', voiplab_before.id));
DELETE iax FROM iax JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND iax.id IN (CONCAT('tr-peer-', voiplab_before.id), CONCAT('tr-user-', voiplab_before.id), CONCAT('tr-reg-', voiplab_before.id));
DELETE trunks FROM trunks JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND trunks.trunkid = voiplab_before.id;
DELETE sip FROM sip JOIN voiplab_before ON voiplab_before.kind = 'extension' AND sip.id = voiplab_before.name;
DELETE devices FROM devices JOIN voiplab_before ON voiplab_before.kind = 'extension' AND devices.id = voiplab_before.name;
DELETE users FROM users JOIN voiplab_before ON voiplab_before.kind = 'extension' AND users.extension = voiplab_before.name;
DELETE FROM voiplab_owned;
DELETE outbound_routes FROM outbound_routes JOIN voiplab_before ON voiplab_before.kind = 'route' AND outbound_routes.route_id = voiplab_before.id;
DELETE outbound_route_sequence FROM outbound_route_sequence JOIN voiplab_before ON voiplab_before.kind = 'route' AND outbound_route_sequence.route_id = voiplab_before.id;
DELETE outbound_route_trunks FROM outbound_route_trunks JOIN voiplab_before ON voiplab_before.kind = 'route' AND outbound_route_trunks.route_id = voiplab_before.id;
DELETE outbound_route_patterns FROM outbound_route_patterns JOIN voiplab_before ON voiplab_before.kind = 'route' AND outbound_route_patterns.route_id = voiplab_before.id;

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT trunkid + 1 FROM trunks WHERE trunkid > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'trunk';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN trunks ON trunks.trunkid = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND voiplab_before.id = n WHERE trunks.trunkid IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'trunk' AND name = 'hub');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('trunk', @number, 'hub');
INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, channelid, usercontext, provider, disabled, `continue`) VALUES (@number, 'DAHDI SIP', 'sip', '', 'off', '', '', '', 'hub', '', '', 'off', 'off');
INSERT INTO sip (id, keyword, data, flags) VALUES
  (CONCAT('tr-peer-', @number), 'account', 'hub', 2),
  (CONCAT('tr-peer-', @number), 'host', '192.168.0.153', 3),
  (CONCAT('tr-peer-', @number), 'username', '7001', 4),
  (CONCAT('tr-peer-', @number), 'secret', 'mcfTnOw8dLaCNlbfXKy0pjPO', 5),
  (CONCAT('tr-peer-', @number), 'type', 'peer', 6),
  (CONCAT('tr-peer-', @number), 'fromuser', '7001', 7),
  (CONCAT('tr-peer-', @number), 'qualify', 'yes', 8),
  (CONCAT('tr-peer-', @number), 'trustrpid', 'yes', 9),
  (CONCAT('tr-peer-', @number), 'sendrpid', 'yes', 10),
  (CONCAT('tr-peer-', @number), 'insecure', 'port,invite', 11),
  (CONCAT('tr-peer-', @number), 'disallow', 'all', 12),
  (CONCAT('tr-peer-', @number), 'allow', 'ulaw&alaw&gsm', 13),
  (CONCAT('tr-peer-', @number), 'dtmfmode', 'rfc2833', 14),
  (CONCAT('tr-peer-', @number), 'canreinvite', 'no', 15);
INSERT INTO sip (id, keyword, data, flags) VALUES (CONCAT('tr-reg-', @number), 'register', '7001:mcfTnOw8dLaCNlbfXKy0pjPO@192.168.0.153/7001', 0);

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT trunkid + 1 FROM trunks WHERE trunkid > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'trunk';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN trunks ON trunks.trunkid = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND voiplab_before.id = n WHERE trunks.trunkid IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'trunk' AND name = '1000');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('trunk', @number, '1000');
INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, channelid, usercontext, provider, disabled, `continue`) VALUES (@number, 'Virtual2', 'iax2', '', 'off', '', '', '', '1000', '2000', '', 'off', 'off');
INSERT INTO iax (id, keyword, data, flags) VALUES
  (CONCAT('tr-peer-', @number), 'account', '1000', 2),
  (CONCAT('tr-peer-', @number), 'host', '192.168.0.156', 3),
  (CONCAT('tr-peer-', @number), 'username', '1000', 4),
  (CONCAT('tr-peer-', @number), 'secret', 'GZ3Mqvi7BHGQCTkohmVHeCNW', 5),
  (CONCAT('tr-peer-', @number), 'type', 'peer', 6),
  (CONCAT('tr-peer-', @number), 'trunk', 'yes', 7),
  (CONCAT('tr-peer-', @number), 'qualify', 'yes', 8),
  (CONCAT('tr-peer-', @number), 'auth', 'md5', 9),
  (CONCAT('tr-peer-', @number), 'disallow', 'all', 10),
  (CONCAT('tr-peer-', @number), 'allow', 'ulaw&alaw&gsm', 11);
INSERT INTO iax (id, keyword, data, flags) VALUES
  (CONCAT('tr-user-', @number), 'account', '2000', 2),
  (CONCAT('tr-user-', @number), 'secret', 'UmCNl5hpZLN3XZqgwZHPzfmB', 3),
  (CONCAT('tr-user-', @number), 'type', 'user', 4),
  (CONCAT('tr-user-', @number), 'context', 'from-trunk', 5),
  (CONCAT('tr-user-', @number), 'auth', 'md5', 6),
  (CONCAT('tr-user-', @number), 'trunk', 'yes', 7),
  (CONCAT('tr-user-', @number), 'requirecalltoken', 'yes', 8),
  (CONCAT('tr-user-', @number), 'maxauthreq', '100', 9),
  (CONCAT('tr-user-', @number), 'deny', '0.0.0.0/0.0.0.0', 10),
  (CONCAT('tr-user-', @number), 'permit', '192.168.0.156/255.255.255.255', 11),
  (CONCAT('tr-user-', @number), 'disallow', 'all', 12),
  (CONCAT('tr-user-', @number), 'allow', 'ulaw&alaw&gsm', 13);

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT trunkid + 1 FROM trunks WHERE trunkid > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'trunk';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN trunks ON trunks.trunkid = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND voiplab_before.id = n WHERE trunks.trunkid IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'trunk' AND name = '1001');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('trunk', @number, '1001');
INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, channelid, usercontext, provider, disabled, `continue`) VALUES (@number, 'Virtual3', 'iax2', '', 'off', '', '', '', '1001', '3000', '', 'off', 'off');
INSERT INTO iax (id, keyword, data, flags) VALUES
  (CONCAT('tr-peer-', @number), 'account', '1001', 2),
  (CONCAT('tr-peer-', @number), 'host', '192.168.0.158', 3),
  (CONCAT('tr-peer-', @number), 'username', '1001', 4),
  (CONCAT('tr-peer-', @number), 'secret', 'n7wjUqrEEPdKenH6zJeyr11i', 5),
  (CONCAT('tr-peer-', @number), 'type', 'peer', 6),
  (CONCAT('tr-peer-', @number), 'trunk', 'yes', 7),
  (CONCAT('tr-peer-', @number), 'qualify', 'yes', 8),
  (CONCAT('tr-peer-', @number), 'auth', 'md5', 9),
  (CONCAT('tr-peer-', @number), 'disallow', 'all', 10),
  (CONCAT('tr-peer-', @number), 'allow', 'ulaw&alaw&gsm', 11);
INSERT INTO iax (id, keyword, data, flags) VALUES
  (CONCAT('tr-user-', @number), 'account', '3000', 2),
  (CONCAT('tr-user-', @number), 'secret', 'bzPHv0kyt6dkSAui1XjLAQPo', 3),
  (CONCAT('tr-user-', @number), 'type', 'user', 4),
  (CONCAT('tr-user-', @number), 'context', 'from-trunk', 5),
  (CONCAT('tr-user-', @number), 'auth', 'md5', 6),
  (CONCAT('tr-user-', @number), 'trunk', 'yes', 7),
  (CONCAT('tr-user-', @number), 'requirecalltoken', 'yes', 8),
  (CONCAT('tr-user-', @number), 'maxauthreq', '100', 9),
  (CONCAT('tr-user-', @number), 'deny', '0.0.0.0/0.0.0.0', 10),
  (CONCAT('tr-user-', @number), 'permit', '192.168.0.158/255.255.255.255', 11),
  (CONCAT('tr-user-', @number), 'disallow', 'all', 12),
  (CONCAT('tr-user-', @number), 'allow', 'ulaw&alaw&gsm', 13);

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'emergencia');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'emergencia');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'emergencia');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'emergencia', '', '', '', 'YES', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '911', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual2');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'virtual2');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual2');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'virtual2', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '2XXX', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = '1000';
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 1 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual3');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'virtual3');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual3');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'virtual3', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '3XXX', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = '1001';
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 1 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'hub');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'hub');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'hub');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'hub', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '7002', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '7003', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '7000', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '7004', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '7005', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'local');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'local');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'local');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'local', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', 'NXXXXXX', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '1XX', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '1800.', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '1866XXXXXXX', '', '');
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '170XXXXXXX', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'celular');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'celular');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'celular');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'celular', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '0[89]XXXXXXX', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'regional');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'regional');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'regional');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'regional', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '0[2-7]XXXXXXX', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'internacional');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'internacional');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'internacional');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'internacional', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '00.', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT route_id + 1 FROM outbound_routes WHERE route_id > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'route';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN outbound_routes ON outbound_routes.route_id = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'route' AND voiplab_before.id = n WHERE outbound_routes.route_id IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'uio');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('route', @number, 'uio');
SET @last = (SELECT MAX(seq) FROM outbound_route_sequence);
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'uio');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO outbound_routes (route_id, name, outcid, outcid_mode, password, emergency_route, intracompany_route, mohclass, time_group_id) VALUES (@number, 'uio', '', '', '', '', '', 'default', NULL);
INSERT INTO outbound_route_sequence (route_id, seq) VALUES (@number, @place);
INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid, prepend_digits) VALUES (@number, '', '900', '', '');
INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) SELECT @number, id, 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';

SET @number = 0;
INSERT INTO voiplab_owned VALUES ('extension', @number, '1500');
INSERT INTO users (extension, password, name, voicemail, ringtimer, noanswer, recording, outboundcid, sipname) VALUES ('1500', '', 'SIPVIRTUAL1', 'novm', 0, '', '', '', '');
INSERT INTO devices (id, tech, dial, devicetype, user, description, emergency_cid) VALUES ('1500', 'sip', 'SIP/1500', 'fixed', '1500', 'SIPVIRTUAL1', '');
INSERT INTO sip (id, keyword, data, flags) VALUES
  ('1500', 'secret', 'lBUm8BWyt9yjLE8wxV3YNDGc', 2),
  ('1500', 'dtmfmode', 'rfc2833', 3),
  ('1500', 'canreinvite', 'no', 4),
  ('1500', 'context', 'from-internal', 5),
  ('1500', 'host', 'dynamic', 6),
  ('1500', 'type', 'friend', 7),
  ('1500', 'nat', 'yes', 8),
  ('1500', 'port', '5060', 9),
  ('1500', 'qualify', 'yes', 10),
  ('1500', 'callgroup', '', 11),
  ('1500', 'pickupgroup', '', 12),
  ('1500', 'disallow', 'all', 13),
  ('1500', 'allow', 'ulaw&alaw&gsm', 14),
  ('1500', 'dial', 'SIP/1500', 15),
  ('1500', 'accountcode', '', 16),
  ('1500', 'mailbox', '1500@device', 17),
  ('1500', 'account', '1500', 18),
  ('1500', 'callerid', 'SIPVIRTUAL1 <1500>', 19);

DELETE trunk_dialpatterns FROM trunk_dialpatterns JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND trunk_dialpatterns.trunkid = voiplab_before.id LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunk_dialpatterns.trunkid WHERE voiplab_owned.kind IS NULL;
INSERT INTO voiplab_owned VALUES ('reload', 0, '');
UPDATE admin SET value = 'true' WHERE variable = 'need_reload';
COMMIT;
UNLOCK TABLES;
