"""What is asked of Linear, in GraphQL.

Its schema: https://studio.apollographql.com/public/Linear-API/variant/current/schema/reference
"""

_STATES = "states(first: 100) { nodes { id name type position } }"

TEAM = f"""
query SutureTeam($key: String!) {{
  teams(filter: {{key: {{eqIgnoreCase: $key}}}}, first: 1) {{ nodes {{ id key name {_STATES} }} }}
}}
"""

LABELS = """
query SutureLabels($key: String!, $names: [String!]!) {
  issueLabels(
    filter: {
      name: {in: $names}
      isGroup: {eq: false}
      or: [{team: {null: true}}, {team: {key: {eq: $key}}}]
    }
    first: 50
  ) { nodes { id name } }
}
"""

ISSUE = f"""
query SutureIssue($id: ID!) {{
  issues(filter: {{id: {{eq: $id}}}}, first: 1, includeArchived: true) {{
    nodes {{
      id identifier url title description priority archived_at: archivedAt trashed
      state {{ type }}
      labels(first: 50) {{ nodes {{ id name }} }}
      team {{ id key name {_STATES} }}
    }}
  }}
}}
"""

NAMED_ISSUE = "query SutureNamedIssue($name: String!) { issue(id: $name) { id } }"

CREATE_ISSUE = """
mutation SutureCreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { success } }
"""

UPDATE_ISSUE = """
mutation SutureUpdateIssue($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success }
}
"""

UNARCHIVE_ISSUE = """
mutation SutureUnarchiveIssue($id: String!) { issueUnarchive(id: $id) { success } }
"""

COMMENT = """
query SutureComment($id: ID!) {
  comments(filter: {id: {eq: $id}}, first: 1, includeArchived: true) { nodes { id } }
}
"""

CREATE_COMMENT = """
mutation SutureCreateComment($input: CommentCreateInput!) {
  commentCreate(input: $input) { success }
}
"""

ATTACH = """
mutation SutureAttach($input: AttachmentCreateInput!) {
  attachmentCreate(input: $input) { success }
}
"""

VIEWER = "query SutureViewer { viewer { id displayName } }"
