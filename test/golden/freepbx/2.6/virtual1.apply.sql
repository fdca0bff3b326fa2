SET SESSION sql_mode = '';
CREATE TEMPORARY TABLE voiplab_guard (problem VARBINARY(250) NOT NULL PRIMARY KEY);
CREATE TEMPORARY TABLE voiplab_numbers (n INT NOT NULL PRIMARY KEY);
CREATE TEMPORARY TABLE voiplab_before (kind VARBINARY(20) NOT NULL, id INT NOT NULL, name VARBINARY(190) NOT NULL, seq INT NULL, PRIMARY KEY (kind, id, name));
SET autocommit = 0;
LOCK TABLES voiplab_owned WRITE, voiplab_owned AS owned_route WRITE, trunks WRITE, sip WRITE, iax WRITE, users WRITE, devices WRITE, admin WRITE, extensions WRITE, trunks_dialpatterns WRITE;
DELETE voiplab_owned FROM voiplab_owned LEFT JOIN trunks ON trunks.trunkid = voiplab_owned.id AND trunks.channelid = voiplab_owned.name WHERE voiplab_owned.kind = 'trunk' AND trunks.trunkid IS NULL;
DELETE voiplab_owned FROM voiplab_owned LEFT JOIN users ON users.extension = voiplab_owned.name WHERE voiplab_owned.kind = 'extension' AND users.extension IS NULL;
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
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''emergencia'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''emergencia'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'emergencia' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''virtual2'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''virtual2'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'virtual2' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''virtual3'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''virtual3'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'virtual3' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''hub'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''hub'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'hub' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''local'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''local'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'local' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''celular'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''celular'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'celular' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''regional'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''regional'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'regional' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''internacional'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''internacional'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'internacional' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('there is an outbound route ''uio'' already that is not ours; give it another name in the web page');
INSERT INTO voiplab_guard SELECT 'there is an outbound route ''uio'' already that is not ours; give it another name in the web page' FROM extensions WHERE context LIKE 'outrt-%' AND SUBSTRING(context, 11) = 'uio' AND (descr IS NULL OR descr <> 'voiplab') LIMIT 1;
INSERT INTO voiplab_guard VALUES ('an outbound route that is not ours uses a trunk of ours that would go; take the trunk out of the route first, in the web page');
INSERT INTO voiplab_guard SELECT 'an outbound route that is not ours uses a trunk of ours that would go; take the trunk out of the route first, in the web page' FROM voiplab_owned JOIN trunks ON trunks.trunkid = voiplab_owned.id AND trunks.channelid = voiplab_owned.name JOIN extensions ON extensions.args LIKE 'dialout-trunk,%' AND SUBSTRING_INDEX(SUBSTRING_INDEX(extensions.args, ',', 2), ',', -1) = voiplab_owned.id WHERE (extensions.descr IS NULL OR extensions.descr <> 'voiplab') AND voiplab_owned.kind = 'trunk' AND voiplab_owned.name <> 'hub' AND voiplab_owned.name <> '1000' AND voiplab_owned.name <> '1001' LIMIT 1;
INSERT INTO voiplab_before SELECT kind, id, name, NULL FROM voiplab_owned WHERE kind <> 'reload';
INSERT IGNORE INTO voiplab_before SELECT 'route', SUBSTRING(context, 7, 3), SUBSTRING(context, 11), NULL FROM extensions WHERE context LIKE 'outrt-%' AND descr = 'voiplab';
UPDATE voiplab_before JOIN extensions ON voiplab_before.kind = 'route' AND extensions.context = 'outbound-allroutes' AND extensions.application = CONCAT('outrt-', LPAD(voiplab_before.id, 3, '0'), '-', voiplab_before.name) SET voiplab_before.seq = extensions.priority;
DELETE sip FROM sip JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND sip.id IN (CONCAT('tr-peer-', voiplab_before.id), CONCAT('tr-user-', voiplab_before.id), CONCAT('tr-reg-', voiplab_before.id));
DELETE iax FROM iax JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND iax.id IN (CONCAT('tr-peer-', voiplab_before.id), CONCAT('tr-user-', voiplab_before.id), CONCAT('tr-reg-', voiplab_before.id));
DELETE trunks FROM trunks JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND trunks.trunkid = voiplab_before.id;
DELETE sip FROM sip JOIN voiplab_before ON voiplab_before.kind = 'extension' AND sip.id = voiplab_before.name;
DELETE devices FROM devices JOIN voiplab_before ON voiplab_before.kind = 'extension' AND devices.id = voiplab_before.name;
DELETE users FROM users JOIN voiplab_before ON voiplab_before.kind = 'extension' AND users.extension = voiplab_before.name;
DELETE FROM voiplab_owned;
DELETE extensions FROM extensions JOIN voiplab_before ON voiplab_before.kind = 'route' AND extensions.context = CONCAT('outrt-', LPAD(voiplab_before.id, 3, '0'), '-', voiplab_before.name);
DELETE extensions FROM extensions JOIN voiplab_before ON voiplab_before.kind = 'route' AND extensions.context = 'outbound-allroutes' AND extensions.application = CONCAT('outrt-', LPAD(voiplab_before.id, 3, '0'), '-', voiplab_before.name);

DELETE FROM voiplab_numbers;
INSERT IGNORE INTO voiplab_numbers VALUES (1);
INSERT IGNORE INTO voiplab_numbers SELECT trunkid + 1 FROM trunks WHERE trunkid > 0;
INSERT IGNORE INTO voiplab_numbers SELECT id + 1 FROM voiplab_before WHERE kind = 'trunk';
SET @free = (SELECT MIN(n) FROM voiplab_numbers LEFT JOIN trunks ON trunks.trunkid = n LEFT JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND voiplab_before.id = n WHERE trunks.trunkid IS NULL AND voiplab_before.id IS NULL);
SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'trunk' AND name = 'hub');
SET @number = IFNULL(@number, @free);
INSERT INTO voiplab_owned VALUES ('trunk', @number, 'hub');
INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, channelid, usercontext, provider, disabled) VALUES (@number, 'DAHDI SIP', 'sip', '', 'off', '', '', '', 'hub', '', '', 'off');
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
INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, channelid, usercontext, provider, disabled) VALUES (@number, 'Virtual2', 'iax2', '', 'off', '', '', '', '1000', '2000', '', 'off');
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
INSERT INTO trunks (trunkid, name, tech, outcid, keepcid, maxchans, failscript, dialoutprefix, channelid, usercontext, provider, disabled) VALUES (@number, 'Virtual3', 'iax2', '', 'off', '', '', '', '1001', '3000', '', 'off');
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

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'emergencia');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'emergencia');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '911', 1, 'SetVar', 'EMERGENCYROUTE=YES', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '911', 2, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '911', 3, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'emergencia');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual2');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'virtual2');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_2XXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = '1000';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_2XXX', 2, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_2XXX', 3, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual2');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual3');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'virtual3');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_3XXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = '1001';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_3XXX', 2, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_3XXX', 3, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'virtual3');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'hub');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'hub');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7002', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7002', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7003', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7003', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7000', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7000', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7004', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7004', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7005', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '7005', 2, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'hub');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'local');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'local');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_NXXXXXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_NXXXXXX', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_1XX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_1XX', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_1800.', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_1800.', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_1866XXXXXXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_1866XXXXXXX', 2, 'Macro', 'outisbusy', 'voiplab', 0;
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_170XXXXXXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_170XXXXXXX', 2, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'local');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'celular');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'celular');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_0[89]XXXXXXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_0[89]XXXXXXX', 2, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'celular');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'regional');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'regional');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_0[2-7]XXXXXXX', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_0[2-7]XXXXXXX', 2, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'regional');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'internacional');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'internacional');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_00.', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '_00.', 2, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'internacional');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

SET @number = (SELECT MIN(id) FROM voiplab_before WHERE kind = 'route' AND name = 'uio');
SET @last = (SELECT MAX(CAST(SUBSTRING(context, 7, 3) AS UNSIGNED)) FROM extensions WHERE context LIKE 'outrt-%');
SET @mine = (SELECT MAX(id) FROM voiplab_before WHERE kind = 'route');
SET @number = IFNULL(@number, GREATEST(IFNULL(@last, 0), IFNULL(@mine, 0)) + 1);
SET @context = CONCAT('outrt-', LPAD(@number, 3, '0'), '-', 'uio');
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '900', 1, 'Macro', CONCAT('dialout-trunk,', id, ',${EXTEN},'), 'voiplab', 0 FROM voiplab_owned WHERE kind = 'trunk' AND name = 'hub';
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) SELECT @context, '900', 2, 'Macro', 'outisbusy', 'voiplab', 0;
SET @last = (SELECT IFNULL(MAX(CAST(priority AS UNSIGNED)), 0) FROM extensions WHERE context = 'outbound-allroutes');
SET @mine = (SELECT MAX(seq) FROM voiplab_before WHERE kind = 'route');
SET @place = (SELECT MIN(seq) FROM voiplab_before WHERE kind = 'route' AND name = 'uio');
SET @place = IFNULL(@place, GREATEST(IFNULL(@last, -1), IFNULL(@mine, -1)) + 1);
INSERT INTO extensions (context, extension, priority, application, args, descr, flags) VALUES ('outbound-allroutes', 'include', @place, @context, '', '', 2);

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

DELETE trunks_dialpatterns FROM trunks_dialpatterns JOIN voiplab_before ON voiplab_before.kind = 'trunk' AND trunks_dialpatterns.trunkid = voiplab_before.id LEFT JOIN voiplab_owned ON voiplab_owned.kind = 'trunk' AND voiplab_owned.id = trunks_dialpatterns.trunkid WHERE voiplab_owned.kind IS NULL;
INSERT INTO voiplab_owned VALUES ('reload', 0, '');
UPDATE admin SET value = 'true' WHERE variable = 'need_reload';
COMMIT;
UNLOCK TABLES;
