-- Alerts of somebody whose card is still to come: whose they are has to be told when it does.
create index alert_actor on alerts.alert (actor) where actor is not null;
