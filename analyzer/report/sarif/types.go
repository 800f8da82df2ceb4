package sarif

// The parts of SARIF 2.1.0 (OASIS, errata 01) that romscan writes; the numbers are its sections. Own types
// instead of a library: absent values are left out, not written as -1.

type log struct { // 3.13
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct { // 3.14
	Tool               tool                        `json:"tool"`
	AutomationDetails  automation                  `json:"automationDetails"`
	BaselineGUID       string                      `json:"baselineGuid,omitempty"`
	Invocations        []invocation                `json:"invocations"`
	OriginalURIBaseIDs map[string]artifactLocation `json:"originalUriBaseIds,omitempty"`
	Taxonomies         []component                 `json:"taxonomies,omitempty"`
	Artifacts          []artifact                  `json:"artifacts,omitempty"`
	LogicalLocations   []logicalLocation           `json:"logicalLocations,omitempty"`
	ColumnKind         string                      `json:"columnKind"`
	Results            []result                    `json:"results"`
}

type tool struct { // 3.18
	Driver component `json:"driver"`
}

type component struct { // 3.19
	Name                string               `json:"name"`
	GUID                string               `json:"guid,omitempty"`
	Organization        string               `json:"organization,omitempty"`
	Version             string               `json:"version,omitempty"`
	SemanticVersion     string               `json:"semanticVersion,omitempty"`
	InformationURI      string               `json:"informationUri,omitempty"`
	ShortDescription    *message             `json:"shortDescription,omitempty"`
	Rules               []rule               `json:"rules,omitzero"` // an empty list is written: some consumers demand it
	Notifications       []rule               `json:"notifications,omitempty"`
	Taxa                []rule               `json:"taxa,omitempty"`
	SupportedTaxonomies []componentReference `json:"supportedTaxonomies,omitempty"`
	IsComprehensive     *bool                `json:"isComprehensive,omitempty"`
}

type componentReference struct { // 3.54
	Name  string `json:"name"`
	Index int    `json:"index"`
	GUID  string `json:"guid,omitempty"`
}

type rule struct { // 3.49
	ID                   string         `json:"id"`
	Name                 string         `json:"name,omitempty"`
	ShortDescription     *message       `json:"shortDescription,omitempty"`
	FullDescription      *message       `json:"fullDescription,omitempty"`
	Help                 *message       `json:"help,omitempty"`
	HelpURI              string         `json:"helpUri,omitempty"`
	DefaultConfiguration *configuration `json:"defaultConfiguration,omitempty"`
	Relationships        []relationship `json:"relationships,omitempty"`
	Properties           map[string]any `json:"properties,omitempty"`
}

type configuration struct { // 3.50
	Level string `json:"level"`
}

type relationship struct { // 3.53
	Target ruleReference `json:"target"`
	Kinds  []string      `json:"kinds"`
}

type ruleReference struct { // 3.52
	ID            string              `json:"id"`
	Index         int                 `json:"index"`
	ToolComponent *componentReference `json:"toolComponent,omitempty"`
}

type message struct { // 3.11, 3.12
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type automation struct { // 3.17
	ID   string `json:"id"`
	GUID string `json:"guid"`
}

type invocation struct { // 3.20
	ExecutionSuccessful bool           `json:"executionSuccessful"`
	Notifications       []notification `json:"toolExecutionNotifications,omitempty"`
}

type notification struct { // 3.58
	Descriptor ruleReference  `json:"descriptor"`
	Level      string         `json:"level"`
	Message    message        `json:"message"`
	Properties map[string]any `json:"properties,omitempty"`
}

type artifact struct { // 3.24
	Location       artifactLocation  `json:"location"`
	ParentIndex    *int              `json:"parentIndex,omitempty"`
	Offset         *int64            `json:"offset,omitempty"`
	Length         *int64            `json:"length,omitempty"`
	Roles          []string          `json:"roles,omitempty"`
	Contents       *contents         `json:"contents,omitempty"`
	SourceLanguage string            `json:"sourceLanguage,omitempty"`
	Hashes         map[string]string `json:"hashes,omitempty"`
	Description    *message          `json:"description,omitempty"`
}

type contents struct { // 3.3
	Text string `json:"text"`
}

type artifactLocation struct { // 3.4
	URI         string   `json:"uri,omitempty"`
	URIBaseID   string   `json:"uriBaseId,omitempty"`
	Index       *int     `json:"index,omitempty"`
	Description *message `json:"description,omitempty"`
}

type location struct { // 3.28
	ID               *int              `json:"id,omitempty"`
	PhysicalLocation *physicalLocation `json:"physicalLocation,omitempty"`
	LogicalLocations []logicalLocation `json:"logicalLocations,omitempty"`
	Message          *message          `json:"message,omitempty"`
}

type physicalLocation struct { // 3.29
	ArtifactLocation artifactLocation `json:"artifactLocation"`
	Region           *region          `json:"region,omitempty"`
	Address          *address         `json:"address,omitempty"`
}

type region struct { // 3.30: lines and columns, or bytes, never both
	StartLine   int       `json:"startLine,omitempty"`
	StartColumn int       `json:"startColumn,omitempty"`
	EndLine     int       `json:"endLine,omitempty"`
	EndColumn   int       `json:"endColumn,omitempty"`
	ByteOffset  *int64    `json:"byteOffset,omitempty"`
	ByteLength  *int64    `json:"byteLength,omitempty"`
	Snippet     *contents `json:"snippet,omitempty"`
}

type address struct { // 3.32
	OffsetFromParent   *int64 `json:"offsetFromParent,omitempty"`
	Kind               string `json:"kind"`
	FullyQualifiedName string `json:"fullyQualifiedName"`
}

type logicalLocation struct { // 3.33
	Name               string `json:"name,omitempty"`
	FullyQualifiedName string `json:"fullyQualifiedName,omitempty"`
	DecoratedName      string `json:"decoratedName,omitempty"`
	Kind               string `json:"kind,omitempty"`
}

type result struct { // 3.27
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Kind                string            `json:"kind"`
	Level               string            `json:"level"`
	Rank                float64           `json:"rank"`
	Message             message           `json:"message"`
	Locations           []location        `json:"locations"`
	RelatedLocations    []location        `json:"relatedLocations,omitempty"`
	CodeFlows           []codeFlow        `json:"codeFlows,omitempty"`
	Taxa                []ruleReference   `json:"taxa,omitempty"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Fingerprints        map[string]string `json:"fingerprints"`
	BaselineState       string            `json:"baselineState,omitempty"`
	Properties          map[string]any    `json:"properties,omitempty"`
}

type codeFlow struct { // 3.36
	ThreadFlows []threadFlow `json:"threadFlows"`
}

type threadFlow struct { // 3.37
	Locations []threadFlowLocation `json:"locations"`
}

type threadFlowLocation struct { // 3.38
	Location       location `json:"location"`
	Kinds          []string `json:"kinds,omitempty"`
	ExecutionOrder int      `json:"executionOrder"`
	Importance     string   `json:"importance"`
}
