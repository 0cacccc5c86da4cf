"""
Stand-in for CommonServerPython of Cortex XSOAR: the names that the pack uses, with the behaviour that the platform's documents describe. What is
not here cannot be used: the pack fails then.
"""
import json
import sys

import requests

from demistomock import platform, strings

__all__ = """BaseClient CommandResults DemistoException EntryFormat EntryType GetMappingFieldsResponse GetModifiedRemoteDataResponse GetRemoteDataArgs
    GetRemoteDataResponse IncidentSeverity IncidentStatus SchemeTypeMapping UpdateRemoteSystemArgs argToBoolean argToList arg_to_number
    get_integration_context get_integration_context_with_version get_last_mirror_run return_error return_results set_integration_context
    set_last_mirror_run string_to_table_header tableToMarkdown""".split()

# Set by the driver: a fraction of the time that a request may take.
pace = 1.0


class EntryType:
    NOTE, ERROR = 1, 4


class EntryFormat:
    JSON, TEXT, MARKDOWN = "json", "text", "markdown"


class IncidentStatus:
    PENDING, ACTIVE, DONE, ARCHIVE = 0, 1, 2, 3


class IncidentSeverity:
    UNKNOWN, INFO, LOW, MEDIUM, HIGH, CRITICAL = 0, 0.5, 1, 2, 3, 4


class DemistoException(Exception):
    def __init__(self, message, exception=None, res=None):
        super().__init__(message)
        self.exception, self.res = exception, res


class BaseClient:
    def __init__(self, base_url, verify=True, proxy=False, ok_codes=(), headers=None, auth=None, timeout=60.0):
        self._base_url, self._verify, self._headers, self._ok_codes = base_url, verify, headers, ok_codes
        self._proxy = proxy

    def _http_request(self, method, url_suffix="", headers=None, json_data=None, params=None, timeout=10, resp_type="json", ok_codes=None, allow_redirects=True):
        platform.touch()
        session = requests.Session()
        session.trust_env = self._proxy
        try:
            response = session.request(
                method,
                self._base_url + url_suffix,
                verify=self._verify,
                params=params,
                json=json_data,
                headers=headers or self._headers,
                timeout=timeout * pace,
                allow_redirects=allow_redirects,
            )
        except requests.exceptions.ConnectTimeout as error:
            raise DemistoException("Connection Timeout Error - potential reasons might be that the Server URL parameter is incorrect", error) from error
        except requests.exceptions.SSLError as error:
            raise DemistoException("SSL Certificate Verification Failed - try selecting 'Trust any certificate' checkbox", error) from error
        except requests.exceptions.ConnectionError as error:
            raise DemistoException("Verify that the server URL parameter is correct and that you have access to the server from your host.", error) from error
        platform.touch()
        assert resp_type == "response"
        if response.status_code not in (ok_codes or self._ok_codes):
            raise DemistoException(f"Error in API call [{response.status_code}] - {response.reason}", res=response)
        return response


def argToList(value, separator=","):
    if not value:
        return []
    if isinstance(value, list):
        return value
    return [part.strip() for part in str(value).split(separator)]


def argToBoolean(value):
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "yes"):
        return True
    if str(value).lower() in ("false", "no"):
        return False
    raise ValueError("Argument does not contain a valid boolean-like value")


def arg_to_number(value):
    if value is None or value == "":
        return None
    try:
        return int(value)
    except ValueError:
        raise ValueError(f'"{value}" is not a valid number')


def get_integration_context():
    platform.touch()
    return json.loads(json.dumps(platform.context))


def get_integration_context_with_version(sync=True):
    return get_integration_context(), platform.context_version


def set_integration_context(context, sync=True, version=-1):
    if version not in (-1, platform.context_version):
        raise ValueError("the integration context was changed")
    platform.context, platform.context_version = strings("integration context", context), platform.context_version + 1
    platform.touch()


def get_last_mirror_run():
    platform.touch()
    return json.loads(json.dumps(platform.last_mirror_run))


def set_last_mirror_run(value):
    platform.next_mirror_run = json.loads(json.dumps(value))
    platform.touch()


class GetRemoteDataArgs:
    def __init__(self, args):
        self.remote_incident_id, self.last_update = args["id"], args["lastUpdate"]


class UpdateRemoteSystemArgs:
    def __init__(self, args):
        self.data, self.delta, self.entries = args.get("data"), args.get("delta"), args.get("entries")
        self.incident_changed, self.remote_incident_id = args.get("incidentChanged"), args.get("remoteId", "")
        self.inc_status = args.get("status")


class GetRemoteDataResponse:
    def __init__(self, mirrored_object, entries):
        assert mirrored_object, "of an empty object the platform makes no answer"
        self.mirrored_object, self.entries = mirrored_object, entries

    def shown(self):
        return {"object": self.mirrored_object, "entries": self.entries}


class GetModifiedRemoteDataResponse:
    def __init__(self, modified_incident_ids):
        self.ids = modified_incident_ids

    def shown(self):
        return self.ids


class SchemeTypeMapping:
    def __init__(self, type_name=""):
        self.type_name, self.fields = type_name, {}

    def add_field(self, name, description=""):
        self.fields[name] = description


class GetMappingFieldsResponse:
    def __init__(self, scheme):
        self.scheme = scheme

    def shown(self):
        return {self.scheme.type_name: self.scheme.fields}


class CommandResults:
    def __init__(self, outputs_prefix, outputs_key_field, outputs, readable_output, raw_response):
        self.prefix, self.key, self.outputs, self.readable = outputs_prefix, outputs_key_field, outputs, readable_output

    def shown(self):
        return {"prefix": self.prefix, "key": self.key, "outputs": self.outputs, "readable": self.readable}


def string_to_table_header(text):
    return " ".join(word.capitalize() for word in text.replace("_", " ").split())


def tableToMarkdown(name, t, headers=None, headerTransform=None, removeNull=False):
    rows = t if isinstance(t, list) else [t]
    cell = lambda value: str(value if value is not None else "").replace("|", "\\|").replace("\n", "<br>")
    shown = [one for one in headers if not removeNull or any(row.get(one) not in (None, "") for row in rows)]
    lines = [[headerTransform(one) for one in shown], ["---"] * len(shown), *([cell(row.get(one)) for one in shown] for row in rows)]
    return f"### {name}\n" + "\n".join(f"|{'|'.join(line)}|" for line in lines)


def return_results(value):
    platform.results.append(json.loads(json.dumps(value.shown() if hasattr(value, "shown") else value)))


def return_error(message, error=None):
    platform.error = str(message)
    sys.exit(0)
