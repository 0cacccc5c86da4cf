-- Alerts of at least some risk may be few among millions. Those of risk 50 or less, which are most, are met soon in any order.
create index sigma_alerts_risk on sigma_alerts (risk) where risk > 50;
