/** The answers of `GET /api/campaigns` and `GET /api/campaigns/{id}` (api/campaigns/campaign-shapes.ts). */
import type { LinkKind } from "../../../../../core/campaigns/campaign.ts";

export interface CampaignRow {
  campaign_id: string;
  entity_name: string;
  created_at: string;
  incident_count: number;
  open_incident_count: number;
  risk_score: number;
  risk_level: string;
  headline: string | null;
}

export interface Member {
  incident_id: string;
  group_key: string;
  headline: string | null;
  risk_score: number;
  risk_level: string;
  status: string;
  assigned_analyst: string | null;
  external_ticket_id: string | null;
  external_ticket_url: string | null;
}

export interface Link {
  incident_id: string;
  other_id: string;
  kind: LinkKind;
  what: string;
  why: string;
  at: string;
}

export interface CampaignDetail {
  campaign_id: string;
  entity_name: string;
  created_at: string;
  updated_at: string;
  joined: string | null;
  incidents: Member[];
  incidents_total: number;
  links: Link[];
  links_total: number;
}
